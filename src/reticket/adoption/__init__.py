"""Refresh tokens of other systems: how they are read, and whose they are.

A module of `systems/` knows the JWTs of one system. Knows no store and no directory.
"""
