"""The page of results and the figures beside it, which plans are computed from, are of one run."""

import pytest
from benchmarks.__main__ import CONNECTIONS
from benchmarks.engines import NAMES
from benchmarks.operations import OPERATION
from benchmarks.servers import HERE

from benchmarks import report

PAGE = HERE / "results.md"


@pytest.mark.parametrize("engine", NAMES)
def test_the_rate_of_a_plan_is_on_the_results_page(engine):
    _, _, rest = PAGE.read_text().partition(f"\n## Speed on {NAMES[engine]}\n")
    section = rest.partition("\n## ")[0]
    rate = report.kept(PAGE)[engine]["refreshes_per_second"]
    assert f"\n| {OPERATION.name} | {CONNECTIONS[-1]} | {rate:,} |" in section
