"""Keys, signatures, sealing, password hashes, one-time passwords: ports of core on libraries."""
