"""Opens, assembles and runs the service, and its background tasks."""
