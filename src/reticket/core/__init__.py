"""The rules: families, rotation, tokens, policies, the engine.

Knows the standard library only; signing, sealing, stores and people come in by ports.
"""
