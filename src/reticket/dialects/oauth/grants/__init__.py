"""The grants of the token endpoint: one file each, and what they share."""
