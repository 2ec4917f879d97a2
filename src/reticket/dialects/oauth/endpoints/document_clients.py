"""Clients whose id is the URL of their metadata: registered, and kept up to date, by the document.

Only where a person or a client begins something. A refresh reads the stored registration alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from reticket.core.commands import Asking, Audit, ChangeRegistration, Fetch, RegisterClient
from reticket.core.errors import Cause
from reticket.core.fetching.model import FetchFault, FetchRequest, FetchResult, Unfetched
from reticket.core.people import Client
from reticket.core.policy import DAY
from reticket.dialects.oauth.endpoints.sector import expect_sector
from reticket.dialects.oauth.endpoints.stored_registrations import store
from reticket.dialects.oauth.endpoints.unfetched import (
    NO_PUBLIC_ADDRESS,
    record_unfetched,
    told_fault,
)
from reticket.dialects.oauth.pages.html import PageError
from reticket.dialects.oauth.pages.rate_limits import limit_documents
from reticket.oauth.client_documents import (
    ACCEPT,
    id_fault,
    is_document_id,
    is_document_of,
    registration_of_document,
)
from reticket.oauth.client_metadata import MetadataFault
from reticket.oauth.clients import find_client
from reticket.oauth.provider import CLIENT, Provider
from reticket.oauth.self_registration import is_described_by_document
from reticket.wire import WireRequest

TRIAL = DAY
"""Seconds after which a client goes that has got no tokens yet."""

RETRY = 10
"""Seconds after which a document may be asked for again."""

_TEMPORARY = frozenset(
    {FetchFault.NO_ADDRESS, FetchFault.UNREACHABLE, FetchFault.TIMED_OUT, FetchFault.LIMITED}
)
_BUSY = 429


def bring_up_to_date(
    request: WireRequest, client_id: str | None, provider: Provider
) -> Asking[None]:
    """Register the client of a document, or renew its registration. Nothing for any other id.

    A registered id wins. While the document cannot be had, the stored registration stays.

    Raises:
        PageError: `invalid_client` with the reason; `temporarily_unavailable`.
        Refusal: TOO_MANY_ATTEMPTS.
    """
    if client_id is None or not is_document_id(client_id):
        return
    client = yield from find_client(client_id)
    if client is not None and (client.disabled or not is_described_by_document(client)):
        return
    if client is None and not provider.documents.enabled:
        return
    _expect_allowed(client_id, provider)
    described = yield from _described(client_id, client, provider)
    if described is not None and (client is None or client.registration != described):
        yield from limit_documents(request, provider.documents.per_address)
        yield from _as_refused(expect_sector(client_id, described))
        yield from _store(client_id, client, described, provider)


def _as_refused(checks: Asking[None]) -> Asking[None]:
    try:
        yield from checks
    except MetadataFault as fault:
        raise _refused(fault.description) from None


def _expect_allowed(client_id: str, provider: Provider) -> None:
    if not provider.documents.enabled:
        raise _refused("Clients of metadata documents are not accepted here.")
    if fault := id_fault(client_id, provider.documents):
        raise _refused(fault)


def _described(
    client_id: str, client: Client | None, provider: Provider
) -> Asking[Mapping[str, Any] | None]:
    """The registration that the document says; None while it cannot be had.

    Processes have copies of their own. One that differs from the stored registration may be the
    older one, so the document is fetched again, once a minute at most.
    """
    for is_newer in (False, True):
        result = yield from _fetched(client_id, provider, newer=is_newer or client is None)
        if isinstance(result, Unfetched):
            _expect_temporary(result, client)
            return None
        try:
            said = registration_of_document(client_id, result.body, provider.registration)
        except MetadataFault as fault:
            raise _refused(fault.description) from None
        if client is None or client.registration == said:
            break
    return said


def _fetched(client_id: str, provider: Provider, *, newer: bool) -> Asking[FetchResult]:
    request = FetchRequest(client_id, ACCEPT)
    is_kept = partial(is_document_of, client_id, provider.registration)
    result: FetchResult = yield from Fetch(request, newer, is_kept=is_kept)
    if isinstance(result, Unfetched):
        yield from record_unfetched(client_id, result)
    return result


def _expect_temporary(result: Unfetched, client: Client | None) -> None:
    """Refuse what another attempt would not mend, and any fault of a client that is not stored."""
    is_temporary = result.fault in _TEMPORARY or (
        result.status is not None and (result.status >= 500 or result.status == _BUSY)
    )
    if client is not None and is_temporary:
        return
    if result.fault in NO_PUBLIC_ADDRESS or not is_temporary:
        raise _refused(f"The metadata document cannot be had: {told_fault(result)}.")
    raise PageError(
        "temporarily_unavailable",
        f"The metadata document of the app cannot be had just now: {result.fault}.",
        Cause.NO_DOCUMENT,
        status=503,
        retry_after=RETRY,
    )


def _store(
    client_id: str, client: Client | None, said: Mapping[str, Any], provider: Provider
) -> Asking[None]:
    """Keep the registration. Another request may have registered the client in the meantime."""
    rules = provider.documents
    idle = max(0, rules.days * DAY - TRIAL)
    command: RegisterClient | ChangeRegistration = ChangeRegistration(client_id, said)
    if client is None:
        command = RegisterClient(client_id, said, None, None, rules.most, idle)
    try:
        gone = yield from store(command)
    except MetadataFault as fault:
        if client is not None or (yield from find_client(client_id)) is None:
            raise _refused(fault.description) from None
        return
    for each in gone:
        yield from Audit(CLIENT, "client_removed", detail={"client": each})
    event = "client_changed" if client else "client_registered"
    yield from Audit(CLIENT, event, detail={"client": client_id})


def _refused(sentence: str) -> PageError:
    return PageError("invalid_client", sentence, Cause.NO_DOCUMENT)
