"""Sessions: the rule of rotation, the steps that a store runs, and the engine that runs them."""
