"""Documents of other servers: when a copy is used, and how many fetches a caller may cause."""
