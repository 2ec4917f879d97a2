"""The wire dialects; each is a module or folder whose `build(options)` returns a Dialect."""
