"""Opens, assembles and runs the service; starts what happens at intervals."""
