"""The front page and the page to try requests: readable for all, and its examples work."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from reticket.runtime.opening import Builder
from reticket.settings import Settings
from reticket.wire_paths import root_of

SHADES = ("light", "dark")
_DOCUMENTED = Builder().documented(Settings())


def _called(dialect, call):
    method, address = call
    return f"{method} {address.partition('?')[0].removeprefix(root_of(dialect))}"


DIALECTS = [each.name for each in _DOCUMENTED]
SIGN_INS = {
    each.name: [
        _called(each, call) for call in (each.examples[0].sign_in, each.examples[0].refresh)
    ]
    for each in _DOCUMENTED
    if each.examples
}
"""By a dialect: the operation that signs in, and one that takes a token of its answer."""


def opened(viewer, demo, dialect):
    viewer.goto(f"{demo.url}/docs?dialect={dialect}")
    viewer.wait_for_selector(".opblock")
    return viewer


def operation(viewer, called):
    method, path = called.split()
    return (
        viewer.locator(f".opblock-{method.lower()}")
        .filter(has=viewer.locator(f'.opblock-summary-path[data-path="{path}"]'))
        .first
    )  # it stands under each of its tags


def expanded(viewer, called):
    block = operation(viewer, called)
    block.locator(".opblock-summary-control").click()
    block.locator(".opblock-body").wait_for()
    return block


def findings(viewer, impacts):
    """The findings of axe with those impacts, and every text with too little contrast."""
    found = Axe().run(viewer).response["violations"]
    return {
        f"{each['id']}: {each['nodes'][0]['html'][:120]}"
        for each in found
        if each["impact"] in impacts or each["id"] == "color-contrast"
    }


@pytest.mark.parametrize("shade", SHADES)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_axe_finds_no_critical_fault(viewer, demo, dialect, shade):
    viewer.emulate_media(color_scheme=shade)
    opened(viewer, demo, dialect)
    assert findings(viewer, {"critical"}) == set()
    for called in SIGN_INS.get(dialect, ()):
        block = expanded(viewer, called)
        block.locator("button.try-out__btn").click()
        block.locator("button.execute").wait_for()
    assert findings(viewer, {"critical"}) == set()


@pytest.mark.parametrize("shade", SHADES)
def test_axe_finds_no_fault_on_the_front_page(viewer, demo, shade):
    viewer.emulate_media(color_scheme=shade)
    viewer.goto(demo.url)
    assert findings(viewer, {"critical", "serious", "moderate", "minor"}) == set()


def execute(block):
    block.locator("button.try-out__btn").click()
    block.locator("button.execute").click()
    said = block.locator(".live-responses-table .response-col_status").last
    said.wait_for()
    return said.inner_text().split()[0]


@pytest.mark.parametrize("dialect", SIGN_INS)
def test_the_examples_work_unchanged_in_their_order(viewer, demo, dialect):
    opened(viewer, demo, dialect)
    for called in SIGN_INS[dialect]:
        block = expanded(viewer, called)
        assert execute(block) in ("200", "201"), called
        body = block.locator(".live-responses-table .highlight-code").first.inner_text()
        assert '"active": false' not in body
        assert '"code": 4' not in body
    assert viewer.complaints == []


def test_an_access_token_is_sent_to_operations_that_need_one(viewer, demo):
    opened(viewer, demo, "akinon")
    assert execute(expanded(viewer, "POST /auth/login")) == "200"
    assert execute(expanded(viewer, "GET /profile/me")) == "200"


def test_the_documented_server_address_is_the_current_one(viewer, demo):
    opened(viewer, demo, "kibo")
    assert viewer.locator(".servers option").inner_text().startswith(f"{demo.url}/api")
    opened(viewer, demo, "oauth")
    assert viewer.locator(".servers option").first.inner_text().startswith(demo.url)


def test_every_dialect_is_linked(viewer, demo):
    viewer.goto(demo.url)
    viewer.get_by_role("link", name="kibo").first.click()
    viewer.wait_for_selector(".opblock")
    viewer.get_by_role("link", name="oauth", exact=True).click()
    viewer.wait_for_selector('.opblock-summary-path[data-path="/oauth/token"]')
    assert viewer.locator("nav [aria-current]").inner_text() == "oauth"


def test_the_page_is_dark_if_the_browser_prefers_dark(viewer, demo):
    grounds = {}
    for shade in SHADES:
        viewer.emulate_media(color_scheme=shade)
        opened(viewer, demo, "kibo")
        grounds[shade] = viewer.evaluate("getComputedStyle(document.body).backgroundColor")
    assert grounds["dark"] != grounds["light"]
