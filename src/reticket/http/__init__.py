"""The HTTP edge: the dispatcher of the dialects, the pages, the server."""
