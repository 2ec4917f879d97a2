"""Every request of a quick start works when it is pasted into a shell beside a demo."""

import re
import subprocess

import pytest
from tests.docs.tables import ROOT, shell

from reticket.runtime.opening import Builder
from reticket.testing import running_server
from reticket.testing.waiting import PATIENCE

SHOWN = "http://127.0.0.1:8088"
PAGES = sorted((ROOT / "docs" / "quickstart").glob("*.md"))
WITH_REQUESTS = [page for page in PAGES if "\n## Requests\n" in page.read_text()]


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    with running_server(tmp_path_factory.mktemp("demo"), seed=None) as running:
        yield running


@pytest.mark.parametrize("page", WITH_REQUESTS, ids=lambda page: page.stem)
def test_the_requests_of_a_page_work_in_its_order(page, demo):
    pasted = "\n".join(shell(page.read_text()))
    assert SHOWN in pasted
    ran = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", pasted.replace(SHOWN, demo.url)],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert ran.returncode == 0, ran.stderr
    assert not re.search(r'"code":[1-9]|"active":false', ran.stdout), ran.stdout


def test_every_dialect_has_a_page_and_every_page_a_dialect():
    builder = Builder()
    spoken = {each.name for each in builder.dialects(builder.load(None, {}))}
    assert spoken == {page.stem for page in (ROOT / "docs" / "dialects").glob("*.md")}
    assert {page.stem for page in PAGES} <= spoken


@pytest.mark.parametrize("page", WITH_REQUESTS, ids=lambda page: page.stem)
def test_a_page_lists_tested_clients_and_missing_features(page):
    headings = re.findall(r"^## (.*)$", page.read_text(), re.MULTILINE)
    assert "Keys of the directory file" in headings
    assert "Clients" in headings
    assert any(heading.endswith("has and this has not") for heading in headings)


def test_every_page_is_in_the_readme():
    text = (ROOT / "README.md").read_text()
    for page in PAGES:
        assert f"docs/quickstart/{page.name}" in text
