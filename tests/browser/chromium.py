"""The system's browser, and pages in it."""

import shutil
from contextlib import contextmanager

from playwright.sync_api import expect, sync_playwright

MILLISECONDS = 60_000
"""How long a page is waited for: twelve times the usual, for a machine that is busy."""
expect.set_options(timeout=MILLISECONDS)


@contextmanager
def launched():
    """Chromium, as the system has it."""
    names = ("chromium", "chromium-browser", "google-chrome")
    path = next(filter(None, map(shutil.which, names)), None)
    assert path, "there is no Chromium here"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def new_page(chromium, **options):
    """A page of its own; what it complains of to the console is in `page.complaints`."""
    context = chromium.new_context(**options)
    context.set_default_timeout(MILLISECONDS)
    page = context.new_page()
    page.complaints = []
    page.on("console", lambda said: page.complaints.append(said.text))
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    yield page
    context.close()
