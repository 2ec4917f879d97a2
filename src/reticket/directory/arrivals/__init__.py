"""People who come from another system, many at once: rows, checks, and batches in one transaction.

Knows no file: `moving` reads rows from files and other systems.
"""
