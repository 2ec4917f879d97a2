"""The content of tokens: refresh tokens in two formats, access tokens, and the ports of
their keys.
"""
