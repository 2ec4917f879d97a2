"""A store that fails while a code is given: whoever consents once more gets one."""

from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.dialects.oauth.hall import Hall
from tests.dialects.oauth.token_people import ADA, REDIRECT

from reticket.core.errors import Unavailable
from reticket.dialects.oauth.authorize import Codes
from reticket.dialects.oauth.codes import begun, read_given, read_grant, waiting
from reticket.dialects.oauth.request import CodeRequest
from reticket.dialects.oauth.visit import Person, Visit

PERSON = Person(ADA.id, 1, ADA.email, 1_800_000_000, ("pwd",))
ORDER = CodeRequest("spa", REDIRECT, "openid", "c" * 43)
VISIT = Visit("spa", "Spa", "openid", ORDER.written(), person=PERSON)


@pytest.mark.parametrize("is_kept", [False, True], ids=["not kept", "kept, unanswered"])
def test_a_code_that_could_not_be_kept_is_given_at_the_next_click(is_kept):
    outage = [Unavailable("away")]

    def keep(said):
        if said.key.startswith("oauth:code:") and outage:
            if is_kept:
                hall.ephemeral.once(said.key, said.lifetime, said.value)
            raise outage.pop()
        return hall.ephemeral.once(said.key, said.lifetime, said.value)

    hall = Hall(
        Keep=keep,
        Draw=lambda said: bytes([len(hall.performed)]) * said.size,
        FindClient=lambda said: SimpleNamespace(disabled=False),
    )
    codes = Codes(hall.site)
    with pytest.raises(Unavailable):
        hall.run(codes.allow("ticket", VISIT, PERSON))
    location = dict(hall.run(codes.allow("ticket", VISIT, PERSON)).headers)[b"location"]
    (code,) = parse_qs(urlsplit(location.decode()).query)["code"]
    grant = read_grant(hall.ephemeral.peek(waiting(code)))
    assert read_given(hall.ephemeral.peek(begun(code))).family == grant.family
