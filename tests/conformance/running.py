"""Runs one module after the other, since all of them share one alias and one provider."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.conformance.clients import Json
from tests.conformance.report import OVER, Outcome, conditions
from tests.conformance.suite import Module, StartedPlan, Suite

PAUSE = 1.0
"""Seconds between two looks at a module."""
PATIENCE = 400.0
"""Seconds of one module. The longest waits for half a minute by itself."""
UNVISITED = 60.0
"""Seconds after which an address that the browser has no commands for stays unvisited."""


@dataclass(frozen=True, slots=True)
class Runner:
    """Runs modules.

    Args:
        suite: where they run.
        logs: the folder that gets the log of each module.
        before_start: what a module asks a person to do before it is started.
        now: seconds, never going back.
        sleep: waits for some seconds.
    """

    suite: Suite
    logs: Path
    before_start: Mapping[str, Callable[[], None]]
    now: Callable[[], float]
    sleep: Callable[[float], None]

    def outcomes(self, plan: StartedPlan, only: frozenset[str]) -> Iterator[Outcome]:
        """Run the modules of a plan, all of them or those that are named."""
        for module in plan.modules:
            if not only or module.name in only:
                yield self._outcome(plan.id, module)

    def _outcome(self, plan: str, module: Module) -> Outcome:
        began = self.now()
        run = self.suite.create(plan, module)
        info = self._until_over(run, module.name, began)
        if info["status"] not in OVER:
            self.suite.cancel(run)
        log = self.suite.log(run)
        self._keep(f"{module.name}-{run}", log)
        result, seconds = info.get("result") or "", round(self.now() - began)
        return Outcome(module.name, run, info["status"], result, seconds, conditions(log))

    def _until_over(self, run: str, name: str, began: float) -> Json:
        """What the suite says of a run once it has ended or is stuck."""
        while True:
            info = self.suite.info(run)
            if info["status"] in OVER or self._is_stuck(run, info["status"], began):
                return info
            if info["status"] == "CONFIGURED":
                self.before_start.get(name, _nothing)()
                self.suite.start(run)
            self.sleep(PAUSE)

    def _is_stuck(self, run: str, status: str, began: float) -> bool:
        passed = self.now() - began
        unvisited = status == "WAITING" and passed > UNVISITED and self.suite.unvisited(run)
        return bool(unvisited) or passed > PATIENCE

    def _keep(self, name: str, log: list[Json]) -> None:
        """The log, and the pages in it that a person has to review."""
        (self.logs / f"{name}.json").write_text(json.dumps(log, indent=1), "utf-8")
        sources = [entry["page_source"] for entry in log if entry.get("page_source")]
        for number, source in enumerate(sources, 1):
            (self.logs / f"{name}-page{number}.html").write_text(source, "utf-8")


def _nothing() -> None:
    """Do nothing: most modules that are started by hand need no preparation."""
