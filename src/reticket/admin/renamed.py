"""Paths of former versions: the answer names the path that replaced each."""

from __future__ import annotations

from reticket.admin.document import BASE
from reticket.core.errors import Code, Refusal, ReticketError
from reticket.wire import WireRequest

_PATHS = {f"{BASE}/families": f"{BASE}/sessions"}


def with_new_path(request: WireRequest, error: ReticketError) -> ReticketError:
    """The same error; NO_ROUTE of a former path names the new one."""
    if error.code is Code.NO_ROUTE:
        for former, new in _PATHS.items():
            if f"{request.path}/".startswith(f"{former}/"):
                return Refusal(Code.NO_ROUTE, parameter=former, detail=f"is now {new}")
    return error
