"""The commands of the pages on moving, and the old systems that they are run beside."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from reticket.testing.server import CHEAP_SIGN_INS, without_settings

DAY = 86_400
UNTIL = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 60 * DAY))
"""Stands for the example of a date on the pages."""

_DATE = re.compile(r"\b20\d\d-\d\d-\d\d\b")


def section(text: str, heading: str) -> str:
    """The text below a heading, up to the next heading of any level."""
    _, _, rest = text.partition(f"# {heading}\n")
    return re.split(r"^#+ ", rest, maxsplit=1, flags=re.MULTILINE)[0]


def blocks(text: str, language: str) -> list[str]:
    """The blocks of that language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def commands(text: str) -> str:
    """The commands of the blocks that show a console, as one script."""
    return "".join(
        re.sub(r"^\$ ", "", each, flags=re.MULTILINE) for each in blocks(text, "console")
    )


class Shell:
    """Runs commands in a folder whose data folder is that of a service."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._programs = folder / "programs"
        self._programs.mkdir()
        self.environment = {
            **without_settings(), **CHEAP_SIGN_INS,
            "PATH": os.pathsep.join([str(self._programs), os.environ["PATH"]]),
        }  # fmt: skip
        self.program("reticket", f'exec {sys.executable} -m reticket "$@"')

    def program(self, name: str, script: str) -> None:
        """A program that is found before all others."""
        file = self._programs / name
        file.write_text(f"#!/bin/sh\n{script}\n")
        file.chmod(0o755)

    def try_(self, script: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a script of a page, with a date that is not over."""
        return subprocess.run(
            ["bash", "-eu", "-o", "pipefail", "-c", _DATE.sub(UNTIL, script)],
            cwd=self.folder, env={**self.environment, **variables},
            capture_output=True, text=True, timeout=300,
        )  # fmt: skip

    def run(self, script: str, **variables: str) -> str:
        """The same, which must succeed."""
        ran = self.try_(script, **variables)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout + ran.stderr


DEFAULT_MAX = 100
"""Sessions and people that Keycloak lists when nothing is said."""

REALM = "/admin/realms/shop"


@dataclass
class Realm:
    """What the administration of a realm of Keycloak lists of one client.

    Args:
        sessions: those of each list, by the last word of its path.
        not_before: times in seconds before which tokens were revoked, by the paths of the realm and
            of the client, and by people's ids.
    """

    sessions: dict[str, list[dict[str, object]]]
    not_before: dict[str, int] = field(default_factory=dict)

    def listed(self, path: str, most: int) -> object:
        """The answer to a path below that of the realm."""
        *_, name = path.split("/")
        if name in self.sessions:
            return self.sessions[name][:most]
        if name == "users":
            people = [("7", "ada"), ("8", "bob")]
            said = [{"id": each, "username": name} for each, name in people]
            return [person | self._revoked(str(person["id"])) for person in said][:most]
        return {"id": name} | self._revoked(path)

    def _revoked(self, name: str) -> dict[str, object]:
        return {"notBefore": self.not_before.get(name, 0)}


def admin_api(realm: Realm, token: str) -> Callable[..., None]:
    """Keycloak's administration, whose representations have members that nobody here reads.

    Args:
        token: of an administrator.
    """

    def behave(connection, request: bytes) -> None:
        head = request.decode().split("\r\n")
        path, _, query = head[0].split(" ")[1].partition("?")
        if f"Authorization: Bearer {token}" not in head:
            connection.sendall(_http("401 Unauthorized", {"error": "HTTP 401 Unauthorized"}))
            return
        most = int(query.partition("max=")[2] or DEFAULT_MAX)
        connection.sendall(_http("200 OK", realm.listed(path.removeprefix(REALM), most)))

    return behave


def session(name: str, person: str = "7", start: int = 1_790_000_000) -> dict[str, object]:
    """A `UserSessionRepresentation`; `start` is in seconds."""
    return {
        "id": name, "username": "ada", "userId": person, "ipAddress": "192.0.2.1",
        "start": start * 1000, "lastAccess": start * 1000 + 100_000, "rememberMe": False,
        "clients": {"ID": "spa"}, "transientUser": False,
    }  # fmt: skip


def _http(status: str, said: object) -> bytes:
    body = json.dumps(said).encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return f"{head}Connection: close\r\n\r\n".encode() + body


def realm_export(secret: str) -> dict[str, object]:
    """The keys in an export of a realm."""

    def component(provider: str, name: str, **config: str) -> dict[str, object]:
        said = {key: [value] for key, value in {"priority": "100", **config}.items()}
        return {"id": name, "name": name, "providerId": provider, "config": said}

    keys = [
        component("rsa-generated", "rsa-generated", privateKey="-", algorithm="RS256"),
        component("hmac-generated", "hmac-generated", secret="another", algorithm="HS256"),
        component("hmac-generated", "hmac-generated-hs512", secret=secret, algorithm="HS512"),
        component("aes-generated", "aes-generated", secret="another"),
    ]
    return {"realm": "shop", "components": {"org.keycloak.keys.KeyProvider": keys}}
