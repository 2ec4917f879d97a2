"""The rules: families, rotation, tokens, policies, the engine.

Imports the standard library only. Signing, encryption, stores and people are ports.
"""
