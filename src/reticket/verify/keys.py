"""The public keys of a token service (RFC 7517), cached.

Owns the cached copy: when it is fetched again, and how long an old one is used. Knows no tokens.
"""

from __future__ import annotations

import threading
import urllib.request
from collections.abc import Callable, Mapping
from http.client import HTTPException
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit

import msgspec

from reticket.verify.jose import Garbage, PublicKey, decoder_of, key_in

LIFETIME = 300.0
"""Seconds after which the copy is fetched again; a withdrawn key is trusted for that long."""

PAUSE = 10.0
"""Seconds between two fetches at least. So tokens with unknown key ids cannot cause many
fetches.
"""

PATIENCE = 3600.0
"""Seconds for which the last copy is used while the service cannot be reached."""

WAITING = 8
"""Threads that may wait for a key that the copy lacks. Any token can name such a key. While the
service does not answer, such tokens must not block all threads of a program.
"""

TIMEOUT = 5.0
LARGEST = 1_000_000


class KeysUnavailable(Exception):
    """The keys could not be fetched and no copy may still be used, or too many threads wait for a
    new key.
    """


class _KeySet(msgspec.Struct):
    keys: list[dict[str, Any]]


_read_key_set = decoder_of(_KeySet)


class Keys:
    """The keys at an address. Thread-safe; one thread fetches.

    The other threads use the copy meanwhile. They wait when it is older than PATIENCE. For a key
    that it lacks, up to WAITING threads wait.

    Args:
        fetch: returns the bytes of the key set; raises OSError or HTTPException.
        seconds: a monotonic clock.
    """

    def __init__(self, fetch: Callable[[], bytes], seconds: Callable[[], float]) -> None:
        self._fetch = fetch
        self._seconds = seconds
        self._lock = threading.Lock()
        self._places = threading.Semaphore(WAITING)
        self._keys: Mapping[str, PublicKey] = {}
        self._tried_at = self._fetched_at = float("-inf")

    def find(self, kid: str) -> PublicKey | None:
        """The key with that id, or None when the service has none. KeysUnavailable."""
        found = self._keys.get(kid)
        if found is None or self._age() >= LIFETIME:
            found = self._renewed(found, kid)
        if self._age() >= PATIENCE:
            raise KeysUnavailable("the keys of the token service cannot be fetched")
        return found

    def _renewed(self, found: PublicKey | None, kid: str) -> PublicKey | None:
        """The key in a newer copy; the one found before while another thread fetches that."""
        if not (self._lock.acquire(blocking=False) or self._waited(found)):
            return found
        try:
            self._renew()
            return self._keys.get(kid)
        finally:
            self._lock.release()

    def _waited(self, found: PublicKey | None) -> bool:
        """Whether this thread has waited for the lock; False when the copy may be used.
        KeysUnavailable.
        """
        if self._age() >= PATIENCE:
            return self._lock.acquire()
        if found is not None:
            return False
        if not self._places.acquire(blocking=False):
            raise KeysUnavailable("too many requests wait for keys that are not known")
        try:
            return self._lock.acquire()
        finally:
            self._places.release()

    def _age(self) -> float:
        return self._seconds() - self._fetched_at

    def _renew(self) -> None:
        """Fetch the keys, unless that was just tried, perhaps by the thread that held the lock."""
        if self._seconds() - self._tried_at < PAUSE:
            return
        self._tried_at = self._seconds()
        try:
            self._keys = read_keys(self._fetch())
        except (OSError, HTTPException, Garbage):
            return
        self._fetched_at = self._tried_at


def read_keys(text: bytes) -> Mapping[str, PublicKey]:
    """The keys by their ids, each for the algorithm that it names. Unsupported keys are left out
    (RFC 7517 §5). Garbage for a text that is no key set.
    """
    found = {}
    for jwk in _read_key_set(text).keys:
        try:
            found[str(jwk.get("kid", ""))] = key_in(jwk)
        except Garbage:
            continue
    return found


def fetcher(address: str) -> Callable[[], bytes]:
    """A function that fetches from an `http` or `https` address. ValueError for any other."""
    if not address.startswith(("https://", "http://")):
        raise ValueError("the address of the keys must begin with https:// or http://")

    opener = urllib.request.build_opener(_SameScheme)

    def fetch() -> bytes:
        with opener.open(address, timeout=TIMEOUT) as answer:
            read: bytes = answer.read(LARGEST)
        return read

    return fetch


class _SameScheme(urllib.request.HTTPRedirectHandler):
    """Refuses redirects to another scheme, so that keys requested over TLS arrive over TLS."""

    def redirect_request(self, *said: Any) -> urllib.request.Request | None:
        request, newurl = said[0], said[-1]
        if urlsplit(newurl).scheme != urlsplit(request.full_url).scheme:
            raise URLError("the keys have moved to another scheme")
        return super().redirect_request(*said)
