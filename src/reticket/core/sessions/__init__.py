"""Sessions at work: the rule, the steps that a store runs, and the engine that runs them."""
