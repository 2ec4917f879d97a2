"""The pages that people see, with their texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from reticket.core.texts import isolated
from reticket.dialects.oauth.pages.html import Markup, exact, fill, page
from reticket.dialects.oauth.pages.interaction import Interaction, Person
from reticket.oauth.lists import split_list
from reticket.oauth.terms import OPENID
from reticket.wire import Headers, WireResponse

SUBMIT = "document.forms[0].submit()"
"""The only script of a page: it posts the form of the response."""

_NOTHING = Markup("")
_FAULTY = Markup(' aria-invalid="true" aria-describedby="fault"')
_FOCUS = Markup(" autofocus")
_SCOPE_TEXTS = {
    OPENID: "know that it is you",
    "profile": "see your name",
    "email": "see your e-mail address",
    "address": "see your postal address",
    "phone": "see your phone number",
    "offline_access": "stay signed in while you are away",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a page is shown again.

    Args:
        sentence: for the person.
    """

    sentence: str
    status: int = 400
    headers: Headers = ()


def sign_in(
    action: str,
    ticket: str,
    interaction: Interaction,
    email: str,
    cancel_uri: str | None,
    fault: Fault | None = None,
    headers: Headers = (),
) -> WireResponse:
    """Asks for an e-mail address and a password, by a form to `action`.

    The typed e-mail address is kept when the page is shown again. `cancel_uri` is the
    target of the link to cancel, here and below.
    """
    faulty = _FAULTY if fault else _NOTHING
    body = fill(
        "sign_in",
        action=action,
        ticket=ticket,
        initial=_initial(interaction),
        client=interaction.name,
        alert=_alert(fault),
        email=email,
        at_email=Markup(faulty + ("" if email else _FOCUS)),
        at_password=Markup(faulty + (_FOCUS if email else "")),
        leave=_cancel_link(interaction, cancel_uri),
    )
    return _page("Sign in", body, fault, headers)


def factor(
    action: str,
    ticket: str,
    interaction: Interaction,
    session: str,
    cancel_uri: str | None,
    fault: Fault | None = None,
) -> WireResponse:
    """Asks for a one-time password, for that factor session."""
    body = fill(
        "factor",
        action=action,
        ticket=ticket,
        session=session,
        initial=_initial(interaction),
        alert=_alert(fault),
        at_code=_FAULTY if fault else _NOTHING,
        leave=_cancel_link(interaction, cancel_uri),
    )
    return _page("One more step", body, fault)


def accounts(
    action: str,
    ticket: str,
    interaction: Interaction,
    choices: Sequence[Person],
    cancel_uri: str | None,
    headers: Headers = (),
) -> WireResponse:
    """Asks which of the accounts goes on, all of which are signed in."""
    items = [fill("account", login=each.login or "", email=each.email) for each in choices]
    body = fill(
        "accounts",
        action=action,
        ticket=ticket,
        initial=_initial(interaction),
        client=interaction.name,
        items=Markup("".join(items)),
        leave=_cancel_link(interaction, cancel_uri),
    )
    return page("Choose an account", body, headers=headers)


def consent(
    action: str, ticket: str, interaction: Interaction, email: str, headers: Headers = ()
) -> WireResponse:
    """Asks whether the client gets the requested access."""
    body = fill(
        "consent",
        action=action,
        ticket=ticket,
        initial=_initial(interaction),
        client=interaction.name,
        email=email,
        scopes=_scopes(interaction),
        documents=_documents(interaction),
        place=_place(interaction.target),
        note=fill("note", sentence=interaction.note) if interaction.note else _NOTHING,
    )
    return page(
        f"Allow {isolated(interaction.name)} to access your account?",
        body,
        form_target=_source(interaction.target),
        headers=headers,
    )


def not_allowed(
    action: str, ticket: str, interaction: Interaction, email: str, headers: Headers = ()
) -> WireResponse:
    """Tells a person who may not use the client, and asks where to go on."""
    body = fill(
        "not_allowed",
        action=action,
        ticket=ticket,
        initial=_initial(interaction),
        client=interaction.name,
        email=email,
    )
    title = f"Error: You may not use {isolated(interaction.name)}"
    form_target = _source(interaction.target)
    return page(title, body, status=403, form_target=form_target, headers=headers)


def code(action: str, user_code: str, fault: Fault | None = None) -> WireResponse:
    """Asks for the code that a device shows."""
    body = fill(
        "code",
        action=action,
        code=user_code,
        alert=_alert(fault),
        at_code=_FAULTY if fault else _NOTHING,
    )
    return _page("Connect a device", body, fault)


def after_form(response: WireResponse) -> WireResponse:
    """The same answer without a redirect to the app, which `form-action` of our forms forbids."""
    headers = dict(response.headers)
    location = headers.get(b"location")
    if location is None:
        return response
    cookies = [each for each in response.headers if each[0] == b"set-cookie"]
    refresh = (b"refresh", b"0; url=" + location)
    body = fill("back", address=location.decode())
    return page("Back to the app", body, headers=(*cookies, refresh))


def sign_out(
    action: str, ticket: str, emails: Sequence[str], target: str | None, headers: Headers
) -> WireResponse:
    """Asks whether these people want to sign out; `target` is where they go afterwards."""
    people = [fill("signed_in_as", email=email) for email in emails]
    body = fill(
        "sign_out",
        action=action,
        ticket=ticket,
        who=Markup("".join(people)),
        place=_place(target),
    )
    title = "Do you want to sign out?"
    return page(title, body, form_target=_source(target), headers=headers)


def done(title: str, sentence: str, headers: Headers = ()) -> WireResponse:
    """Says how the interaction ended, when there is no redirect."""
    return page(title, fill("done", title=title, sentence=sentence), headers=headers)


def post_form(target: str, parameters: Mapping[str, str]) -> WireResponse:
    """Posts the parameters to the client, by a script or by the person's click (OAuth 2.0 Form Post
    Response Mode §2).
    """
    fields = [fill("field", name=name, value=exact(value)) for name, value in parameters.items()]
    script, place = Markup(SUBMIT), _host(target)
    body = fill("post", action=target, fields=Markup("".join(fields)), place=place, script=script)
    return page("Going back to the app", body, form_target=_source(target), script=SUBMIT)


def scope_texts(scopes: Sequence[str]) -> list[str]:
    """What scopes allow, in words where there are some."""
    return [_SCOPE_TEXTS.get(scope, f"use {scope}") for scope in scopes]


def _page(title: str, body: Markup, fault: Fault | None, headers: Headers = ()) -> WireResponse:
    if fault is None:
        return page(title, body, headers=headers)
    return page(f"Error: {title}", body, status=fault.status, headers=(*fault.headers, *headers))


def _documents(interaction: Interaction) -> Markup:
    """Links to what the client says about itself (OpenID Connect Registration §2)."""
    texts = {"Privacy policy": interaction.policy_uri, "Terms of service": interaction.tos_uri}
    links = (
        fill("document", address=address, words=text, client=interaction.name)
        for text, address in texts.items()
        if address
    )
    return Markup("".join(links))


def _initial(interaction: Interaction) -> str:
    return interaction.name[:1].upper()


def _alert(fault: Fault | None) -> Markup:
    return fill("alert", sentence=fault.sentence) if fault else _NOTHING


def _cancel_link(interaction: Interaction, cancel_uri: str | None) -> Markup:
    if cancel_uri is None:
        return _NOTHING
    return fill("leave", address=cancel_uri, client=interaction.name)


def _scopes(interaction: Interaction) -> Markup:
    items = [_scope(name) for name in split_list(interaction.scope)]
    return (
        fill("scopes", client=interaction.name, items=Markup("".join(items))) if items else _NOTHING
    )


def _scope(name: str) -> Markup:
    if name in _SCOPE_TEXTS:
        return fill("scope", words=_SCOPE_TEXTS[name])
    return fill("scope_named", name=name)


def _place(target: str | None) -> Markup:
    """The target of the answer, since the client chose its name itself."""
    return _NOTHING if target is None else fill("place", address=_host(target))


def _host(target: str) -> str:
    """The host and port of the target, or the scheme of an app's own."""
    parts = urlsplit(target)
    return parts.netloc or parts.scheme


def _source(target: str | None) -> str:
    """The scheme of the target as CSP source. The target may redirect further, and no source
    expression can name an IPv6 address (CSP 3 §2.3.1). Pages with a password have no target.
    """
    return f"{urlsplit(target).scheme}:" if target else ""
