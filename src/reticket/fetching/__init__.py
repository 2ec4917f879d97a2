"""Sends requests to other servers, and trusts none of them (ADR 0013).

https only, to public addresses only, without redirects; an answer is short, plain and soon.
"""

from __future__ import annotations

from reticket.fetching.exchange import SafeExchange
from reticket.fetching.reach import Reach
from reticket.fetching.resolving import Resolver
from reticket.fetching.safe_talk import SafeTalk

__all__ = ["Reach", "Resolver", "SafeExchange", "SafeTalk"]
