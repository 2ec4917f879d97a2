"""The exception that ends a request, and the faults that others stand for."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from typing import TypeVar

import h11

from reticket.core.fetching.model import FetchFault, Unfetched

T = TypeVar("T")


class Failed(Exception):
    """There will be no good answer; only inside this package."""

    def __init__(self, fault: FetchFault, status: int | None = None) -> None:
        super().__init__(fault.value)
        self.fault = fault
        self.status = status


def or_fault(work: Callable[[], T]) -> T | Unfetched:
    """The result of the work, or why there is none."""
    try:
        return work()
    except Failed as failed:
        return Unfetched(failed.fault, failed.status)
    except TimeoutError:
        return Unfetched(FetchFault.TIMED_OUT)
    except ssl.SSLCertVerificationError:
        return Unfetched(FetchFault.BAD_CERTIFICATE)
    except OSError:
        return Unfetched(FetchFault.UNREACHABLE)
    except (h11.ProtocolError, ValueError):
        return Unfetched(FetchFault.BAD_HTTP)
