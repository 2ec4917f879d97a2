"""A service with the client of one quick start."""

from contextlib import contextmanager

import yaml
from tests.clients.page import quick_start, replaced
from tests.clients.person import JOAN
from tests.judges.browser import ADA

from reticket.testing import running_server

ACCESS = "12"
"""Seconds that an access token lives: libraries renew one that has less than ten left."""


@contextmanager
def running_service(title, folder, addresses):
    """Serve the directory file of a section; `addresses` replace those of the page."""
    clients = yaml.safe_load(replaced(quick_start(title, "yaml"), addresses))
    seed = folder / "seed.yaml"
    seed.write_text(yaml.safe_dump(clients | {"users": [ADA, JOAN]}))
    settings = {"RETICKET_POLICIES__BROWSER_2026__ACCESS": ACCESS}
    with running_server(folder, seed=seed, settings=settings) as service:
        yield service
