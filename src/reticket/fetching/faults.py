"""The exception that ends a request."""

from __future__ import annotations

from reticket.core.fetching.model import FetchFault


class Failed(Exception):
    """There will be no good answer; only inside this package."""

    def __init__(self, fault: FetchFault, status: int | None = None) -> None:
        super().__init__(fault.value)
        self.fault = fault
        self.status = status
