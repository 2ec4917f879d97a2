"""Importing people: rows from files, batches, progress, and a report of what was refused."""
