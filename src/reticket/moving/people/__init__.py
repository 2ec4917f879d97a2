"""Importing people: batches of rows, their passwords, and who was seen before."""
