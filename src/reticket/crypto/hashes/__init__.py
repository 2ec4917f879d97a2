"""Password hashes of other systems: their canonical stored texts, and their verification.

`systems/` reads what other systems write. `algorithms/` computes digests for stored texts. Both are
found by listing their package. Knows no directory: configurations come through a function.
"""
