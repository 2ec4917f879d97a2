"""reticket: a self-hosted token service."""
