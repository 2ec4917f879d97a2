"""Sends the same requests to two servers, and compares status, shape and words of the answers.

No token, password or e-mail address gets into what it says. It asks dialects, and names none.
"""
