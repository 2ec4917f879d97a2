"""How work waits: batches for the stores, worker threads, and turns for those who ask."""
