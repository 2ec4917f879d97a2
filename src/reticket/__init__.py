"""reticket: a self-hosted token service."""

__version__ = "0.1.0"
