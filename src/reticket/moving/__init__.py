"""Moving in from another system: its people and sessions, and a comparison with it.

Knows the opened service and the directory; knows no HTTP and no dialect.
"""
