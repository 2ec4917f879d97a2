"""Sessions of another system that go on here: their ids, and how the first token opens them.

Knows no wire form of a token and no signature. The rule judges an adopted session as any other
(ADR 0027).
"""
