"""The suite's REST API, as far as the driver calls it."""

from __future__ import annotations

import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
from tests.conformance.clients import Json

PATIENCE = 120.0
"""Seconds of one call: the suite fetches metadata and keys before it answers some of them."""


@dataclass(frozen=True, slots=True)
class Module:
    """A module of a plan, with the variant that the plan runs it in."""

    name: str
    variant: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class StartedPlan:
    """A plan that the suite has taken, with its modules in their order."""

    id: str
    modules: tuple[Module, ...]


class Suite:
    """A running suite.

    Args:
        url: its address.
        certificate: the certificate that it serves with.
    """

    def __init__(self, url: str, certificate: Path) -> None:
        trusted = ssl.create_default_context(cafile=certificate)
        self._http = httpx.Client(base_url=url, verify=trusted, timeout=PATIENCE)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.close()

    def begin_plan(self, name: str, variant: Mapping[str, str], configuration: Json) -> StartedPlan:
        """Create a plan; none of its modules runs yet."""
        query = {"planName": name, "variant": json.dumps(variant)}
        made = self._call("POST", "api/plan", query, configuration)
        modules = (
            Module(each["testModule"], each.get("variant") or {}) for each in made["modules"]
        )
        return StartedPlan(made["id"], tuple(modules))

    def create(self, plan: str, module: Module) -> str:
        """Create a run of a module, and return its id. Most of them start by themselves."""
        query = {"test": module.name, "plan": plan, "variant": json.dumps(module.variant)}
        return str(self._call("POST", "api/runner", query)["id"])

    def start(self, run: str) -> None:
        """Start a run that waits for a person to do so."""
        self._call("POST", f"api/runner/{run}")

    def cancel(self, run: str) -> None:
        """End a run that cannot go on."""
        self._call("DELETE", f"api/runner/{run}")

    def info(self, run: str) -> Json:
        """Its `status` and its `result`."""
        return dict(self._call("GET", f"api/info/{run}"))

    def unvisited(self, run: str) -> list[str]:
        """Addresses that the suite's browser has no commands for."""
        return list(self._call("GET", f"api/runner/browser/{run}").get("urls") or ())

    def log(self, run: str) -> list[Json]:
        """Every entry of its log."""
        return list(self._call("GET", f"api/log/{run}"))

    def _call(
        self, method: str, path: str, query: Mapping[str, str] | None = None, body: Any = None
    ) -> Any:
        answer = self._http.request(method, f"/{path}", params=query, json=body)
        if answer.is_error:
            raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text[:500]}")
        return answer.json() if answer.content else {}
