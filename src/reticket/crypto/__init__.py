"""Keys, signatures, sealing, password hashes and one-time passwords: ports of `core` over
libraries.
"""
