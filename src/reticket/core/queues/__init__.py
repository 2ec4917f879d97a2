"""Queues: batches for the stores, worker threads, and fair queues for callers."""
