"""Families and ephemera at rest: one file an engine."""
