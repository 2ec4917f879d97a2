"""Rows of files as imports take them: how they are read, what was refused, and the progress."""
