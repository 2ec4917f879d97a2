"""A service in this process whose dialects hand their sign-ins over."""

import asyncio
from contextlib import ExitStack

import pytest
from tests.core.world import CALLER
from tests.fetching.other_server import certified, other_server
from tests.handover.old_back_end import HOST, SECRET

from reticket.core.commands import BeginSession, SignIn
from reticket.runtime.assembly import service_of, worker_pools_of
from reticket.runtime.opening import Builder
from reticket.settings import loading

CHEAP = {"time_cost": 1, "memory": 8, "parallelism": 1}
PART = {"akinon": {"name": "Acme"}, "cloudreve": {"group": {"name": "User"}}}


class Service:
    """An opened service, and the old back end beside it."""

    def __init__(self, instance, server):
        self.instance, self.server = instance, server
        self.pools = worker_pools_of(instance.settings)
        self.performers = service_of(instance, self.pools).performers
        self.runner = asyncio.Runner()

    def perform(self, command):
        return self.runner.run(self.performers[type(command)](command, CALLER))

    def sign_in(self, email, password, kind="akinon.user"):
        """The person, by the command that a dialect yields."""
        dialect = kind.partition(".")[0]
        part = dialect if dialect in PART else None
        return self.perform(SignIn(kind, email, password, part))

    def begin(self, user, kind="akinon.user"):
        return self.perform(BeginSession(kind, user))

    def close(self):
        self.runner.close()
        self.pools.close()
        self.instance.close()

    def events(self):
        """The lines of the audit stream about sign-ins, as text."""
        return self.instance.settings.audit_file.read_text("utf-8")

    def person(self, email):
        self.instance.directory.catch_up_now()
        return self.instance.directory.user_by_email(email)


@pytest.fixture
def moved(tmp_path):
    """Opens a service over an old back end that behaves so."""
    with ExitStack() as stack:

        def opened(behave, *, trusted=True, ca_file=None, **said):
            server, own = stack.enter_context(other_server(tmp_path, behave, HOST))
            ca_file = ca_file or (own if trusted else certified(tmp_path, "other.example"))
            secret = tmp_path / "secret"
            secret.write_text(f"{SECRET}\n")
            table = {"by": "webhook", "url": f"https://{HOST}:{server.port}/sign-in"}
            table |= {"secret_file": str(secret), "timeout": 5, **said}
            dialects = {
                name: {"handover": table | ({"part": PART[name]} if name in PART else {})}
                for name in ("akinon", "cloudreve", "oauth", "kibo")
            }
            settings = loading.load(
                None,
                {
                    "data": tmp_path / "data",
                    "fetch": {"private_hosts": [HOST], "ca_file": ca_file},
                    "hashing": CHEAP,
                    "dialects": dialects,
                },
            )
            instance = Builder().open(settings)
            service = Service(instance, server)
            stack.callback(service.close)
            return service

        yield opened
