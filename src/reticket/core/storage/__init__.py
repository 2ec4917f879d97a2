"""What all stores need: limits on short-lived entries, purges, and schema versions."""
