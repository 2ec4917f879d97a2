"""The same row, request and keys give the same bytes; a token can be used for one purpose only."""

import hashlib
import hmac
import json
from dataclasses import dataclass, replace

import pytest
from tests.core.world import ADA, JWT, OPAQUE, Keys

from reticket.core.errors import Cause, Code, Refusal
from reticket.core.model import Family, Outcome, RefreshToken
from reticket.core.policy import SECOND
from reticket.core.tokens.faces import from_text, to_text
from reticket.core.tokens.kinds import TokenKind
from reticket.core.tokens.mint import RETRY_WINDOW, Mint
from reticket.core.tokens.nonces import NONCE_STEP
from reticket.dialects.akinon.user import AKINON_2026, KIND

NOW = 1_790_000_000_500
UP, DOWN = NOW + 500, NOW - 500
"""The whole seconds around it."""
POLICY = replace(AKINON_2026, access=3600)
SIGNED = TokenKind("test.signed", AKINON_2026)
TWIN = TokenKind("test.twin", AKINON_2026)
RESOURCES = [OPAQUE, JWT, SIGNED]
FAMILY = Family(
    id=bytes(range(16)), resource="test", subject=ADA.id, client=None, context="1000", scope=None,
    policy=POLICY.name, ends_at=NOW + 10**9, expires_at=NOW + 10**8, generation=7, parent=5,
    floor=6, open_from=5, rotated_at=NOW,
)  # fmt: skip


@dataclass(frozen=True)
class Signature:
    """Signs and verifies, by a digest; the tests only need that it is deterministic."""

    kid: str
    algorithm: str = "ES256"

    def sign(self, message):
        return hmac.digest(self.kid.encode(), message, "sha256")

    def verify(self, signature, message):
        return hmac.compare_digest(self.sign(message), signature)


class Ring(Keys):
    further = ("EdDSA", "RS256")

    def signer_at(self, at):
        return Signature([name for since, name in self.turns if since <= at][-1])

    def signer_for(self, algorithm, at):
        return Signature(f"one {algorithm}", algorithm)

    def verifier(self, kid):
        return next((each for each in self.verifiers() if each.kid == kid), None)

    def verifiers(self):
        main = [Signature(name) for _, name in self.turns if name not in self.dead]
        return main + [self.signer_for(name, 0) for name in self.further]


@pytest.fixture
def ring():
    return Ring()


@pytest.fixture
def mint(ring):
    return Mint(ring, lambda value: json.dumps(value).encode(), json.loads)


@pytest.fixture(params=RESOURCES, ids=lambda resource: resource.name)
def resource(request):
    return request.param


def issue(mint, resource, family=FAMILY, now=NOW, context="1000", outcome=Outcome.REPLAYED):
    return mint.issue(resource, POLICY, outcome, family, ADA, context, now)


def pair(*arguments, **more):
    issued = issue(*arguments, **more)
    return issued.access_token, issued.refresh_token


def part_of(text, part=1):
    return json.loads(from_text(text.split(".")[part]))


def refused(read, *arguments):
    with pytest.raises(Refusal) as met:
        read(*arguments)
    return met.value.code, met.value.cause


FORGED = Code.INVALID_ACCESS_TOKEN, Cause.FORGED


def test_a_retry_within_a_minute_is_the_same_bytes(mint, resource):
    first = pair(mint, resource, outcome=Outcome.ADVANCED)
    assert pair(mint, resource, now=NOW + RETRY_WINDOW - 1) == first
    issued = issue(mint, resource, now=NOW + RETRY_WINDOW - 1)
    assert (issued.issued_at, issued.access_expires_at) == (NOW, UP + 3600 * SECOND)


def test_a_retry_after_a_minute_has_a_fresh_access_token(mint, resource):
    first = issue(mint, resource)
    later = issue(mint, resource, now=NOW + RETRY_WINDOW)
    assert later.refresh_token == first.refresh_token
    assert later.access_token != first.access_token
    assert later.issued_at == NOW + RETRY_WINDOW
    assert later.access_expires_at == UP + RETRY_WINDOW + 3600 * SECOND
    assert later.refresh_expires_at == first.refresh_expires_at == DOWN + 10**8


def test_after_a_clock_ran_ahead_a_retry_gets_an_access_token_of_now(mint, resource):
    first = issue(mint, resource)
    assert issue(mint, resource, now=NOW + 1 - RETRY_WINDOW) == first
    later = issue(mint, resource, now=NOW - 10 * RETRY_WINDOW)
    assert later.issued_at == NOW - 10 * RETRY_WINDOW
    assert later.access_expires_at == UP - 10 * RETRY_WINDOW + 3600 * SECOND


def test_after_a_clock_ran_ahead_a_refresh_token_ends_by_its_rotation_time(mint, resource):
    """The rule counts from there too: one that ended sooner would be refused before its end."""
    first = issue(mint, resource)
    later = issue(mint, resource, now=NOW - POLICY.refresh * SECOND)
    assert later.refresh_expires_at == first.refresh_expires_at
    assert later.refresh_token == first.refresh_token


def test_a_tolerated_token_has_a_fresh_access_token_at_once(mint, resource):
    first = issue(mint, resource)
    tolerated = issue(mint, resource, now=NOW + 1, outcome=Outcome.TOLERATED)
    assert tolerated.refresh_token == first.refresh_token
    assert tolerated.access_token != first.access_token


def test_a_retry_is_signed_with_the_keys_active_at_the_rotation(mint, ring, resource):
    first = pair(mint, resource)
    ring.turns.append((NOW + 1, "two"))
    assert pair(mint, resource, now=NOW + 2) == first
    at_the_turn = issue(mint, resource, FAMILY._replace(rotated_at=NOW + 1), now=NOW + 1)
    ring.dead.add("one")
    assert mint.read_refresh(resource, at_the_turn.refresh_token).generation == 7
    assert mint.read_access([resource], at_the_turn.access_token, NOW + 2).subject == ADA.id
    assert refused(mint.read_refresh, resource, first[1]) == (Code.INVALID_TOKEN, Cause.FORGED)
    assert refused(mint.read_access, [resource], first[0], NOW) == FORGED


def test_a_reissued_pair_has_the_active_access_key_and_the_old_refresh_key(mint, ring):
    first = issue(mint, SIGNED)
    ring.turns.append((NOW + 1, "two"))
    later = issue(mint, SIGNED, now=NOW + RETRY_WINDOW)
    assert part_of(first.access_token, 0)["kid"] == "one"
    assert part_of(later.access_token, 0)["kid"] == "two"
    assert later.refresh_token == first.refresh_token


def test_the_id_of_a_token_depends_on_everything_that_distinguishes_it(mint, resource):
    family = FAMILY
    others = [
        issue(mint, resource),
        issue(mint, resource, family._replace(id=bytes(16))),
        issue(mint, resource, family._replace(generation=8)),
        issue(mint, resource, family._replace(rotated_at=NOW + 1)),
        issue(mint, resource, context="1001"),
        issue(mint, resource, context=None),
        issue(mint, TWIN),
    ]
    ids = [part_of(issued.access_token)["jti"] for issued in others]
    assert len(set(ids)) == len(ids)
    assert {len(from_text(each)) for each in ids} == {16}
    assert part_of(issue(mint, resource, now=NOW + 9).access_token)["jti"] == ids[0]


def test_requested_scopes_and_audiences_change_the_token_id_in_any_order(mint, resource):
    def named(*asked):
        made = mint.issue(resource, POLICY, Outcome.REPLAYED, FAMILY, ADA, None, NOW, asked)
        return part_of(made.access_token)["jti"]

    scope, audience = ("scope", "orders.read"), ("aud", "https://orders.example.com")
    assert len({named(), named(scope), named(audience), named(scope, audience)}) == 4
    assert named(scope, audience) == named(audience, scope)


def test_the_claims_of_an_access_token(mint, resource):
    issued = issue(mint, resource)
    claims = part_of(issued.access_token)
    del claims["jti"]
    assert claims == {
        "aud": resource.name, "sub": ADA.id, "iat": NOW // 1000, "exp": UP // 1000 + 3600,
        "cv": ADA.credential_version, "sid": FAMILY.id.hex(), "tid": "1000",
    }  # fmt: skip
    read = mint.read_access([resource], issued.access_token, NOW)
    assert (read.resource, read.subject, read.family, read.context, read.expires_at) == (
        resource.name, ADA.id, FAMILY.id, "1000", UP + 3600 * SECOND,
    )  # fmt: skip


def test_an_access_token_has_the_version_of_its_credential(mint, resource):
    version = ADA.credential_version
    text = issue(mint, resource).access_token
    assert mint.read_access([resource], text, NOW).credential_version == version
    free = replace(resource, rests_on_credentials=False)
    text = issue(mint, free).access_token
    assert "cv" not in part_of(text)
    assert mint.read_access([free], text, NOW).credential_version is None


def test_rfc9068_2_1_the_signed_header_has_the_type(mint):
    issued = issue(mint, replace(SIGNED, id_claims=lambda facts: {"sub": facts.holder.id}))
    said = {"alg": "ES256", "kid": "one"}
    assert part_of(issued.access_token, 0) == {**said, "typ": "at+jwt"}
    assert part_of(issued.id_token, 0) == {**said, "typ": "JWT"}


IDENTIFIED = replace(SIGNED, id_claims=lambda facts: {"sub": facts.holder.id})


@pytest.mark.parametrize(("algorithm", "hashed"), [("RS256", "sha256"), ("EdDSA", "sha512")])
def test_an_id_token_is_signed_with_the_algorithm_of_its_kind(mint, algorithm, hashed):
    chosen = replace(IDENTIFIED, id_algorithm=lambda facts: algorithm)
    issued = issue(mint, chosen)
    header = {"alg": algorithm, "kid": f"one {algorithm}", "typ": "JWT"}
    assert part_of(issued.id_token, 0) == header
    assert part_of(issued.access_token, 0)["alg"] == "ES256"
    digest = hashlib.new(hashed, issued.access_token.encode()).digest()
    said = {"sub": ADA.id, "at_hash": to_text(digest[: len(digest) // 2])}
    assert mint.read_identity(issued.id_token) == part_of(issued.id_token) == said
    assert issue(mint, chosen).id_token == issued.id_token, "a retry gets other bytes"


def test_a_kind_without_an_algorithm_takes_that_of_the_service(mint):
    silent = replace(IDENTIFIED, id_algorithm=lambda facts: None)
    assert issue(mint, silent).id_token == issue(mint, IDENTIFIED).id_token


@pytest.mark.parametrize("algorithm", [None, "RS256", "EdDSA"])
def test_rfc8725_3_12_an_id_token_is_no_access_token_whatever_its_algorithm(mint, algorithm):
    chosen = replace(IDENTIFIED, id_algorithm=lambda facts: algorithm)
    text = issue(mint, chosen).id_token
    assert refused(mint.read_access, [SIGNED], text, NOW) == FORGED


@pytest.mark.parametrize("algorithm", [None, "RS256", "EdDSA"])
@pytest.mark.parametrize("type_", [None, "logout+jwt"])
def test_another_jwt_is_neither_an_access_token_nor_an_id_token(mint, algorithm, type_):
    claims = {"iss": "here", "aud": SIGNED.name, "sub": ADA.id, "exp": 2**40}
    text = mint.sign(claims, algorithm, type_, NOW)
    assert part_of(text) == claims
    assert part_of(text, 0).get("typ") == type_
    assert part_of(text, 0)["alg"] == (algorithm or "ES256")
    assert refused(mint.read_access, [SIGNED], text, NOW) == FORGED
    assert refused(mint.read_identity, text) == (Code.INVALID_TOKEN, Cause.FORGED)


def test_a_subject_of_the_dialect_replaces_sub_and_the_id_is_another_claim(mint):
    renamed = replace(SIGNED, access_claims=lambda facts: {"sub": "ada", "extra": facts.context})
    issued = issue(mint, renamed)
    claims = part_of(issued.access_token)
    assert (claims["sub"], claims["uid"], claims["extra"]) == ("ada", ADA.id, "1000")
    assert mint.read_access([renamed], issued.access_token, NOW).subject == ADA.id


def test_an_akinon_token_from_before_its_subject_was_shortened_is_accepted(mint):
    text = issue(mint, replace(KIND, access_claims=None)).access_token
    claims = part_of(text)
    assert (claims["sub"], "uid" in claims) == (ADA.id, False)
    assert mint.read_access([KIND], text, NOW).subject == ADA.id


@pytest.mark.parametrize("context", [None, "", "1000", "tenant-é"])
def test_the_claims_of_a_refresh_token(mint, resource, context):
    text = issue(mint, resource, context=context).refresh_token
    said = RefreshToken(FAMILY.id, 7, context, NOW, DOWN + 10**8)
    assert mint.read_refresh(resource, text) == said


def test_an_access_token_ends_no_later_than_its_family(mint, resource):
    ending = FAMILY._replace(ends_at=NOW + 5 * SECOND)
    issued = issue(mint, resource, ending)
    assert issued.access_expires_at == DOWN + 5 * SECOND
    assert part_of(issued.access_token)["exp"] == (NOW + 5 * SECOND) // SECOND


@pytest.mark.parametrize("milliseconds", [0, 1, 499, 500, 999])
@pytest.mark.parametrize("cut", [0, 5 * SECOND, 5 * SECOND + 1], ids=["whole", "cut", "cut odd"])
def test_the_response_states_what_the_token_contains(mint, resource, milliseconds, cut):
    at = DOWN + milliseconds
    ends = at + cut if cut else at + 10**9
    row = FAMILY._replace(rotated_at=at, ends_at=ends, expires_at=min(ends, at + 10**8))
    issued = issue(mint, resource, row, now=at)
    access = mint.read_access([resource], issued.access_token, at)
    refresh = mint.read_refresh(resource, issued.refresh_token)
    assert issued.access_expires_at == access.expires_at == access.claims["exp"] * SECOND
    assert issued.refresh_expires_at == refresh.expires_at
    assert not issued.access_expires_at % SECOND
    assert not issued.refresh_expires_at % SECOND
    assert issued.refresh_expires_at <= row.expires_at
    assert cut or issued.access_expires_at - at in range(3600 * SECOND, 3601 * SECOND)


def test_a_changed_lifetime_applies_to_new_tokens_only(mint, resource):
    row = FAMILY._replace(expires_at=NOW + POLICY.refresh * SECOND)
    for policy, ends in (
        (replace(POLICY, refresh=60), UP + 60 * SECOND),
        (replace(POLICY, refresh=9 * POLICY.refresh), DOWN + POLICY.refresh * SECOND),
    ):
        issued = mint.issue(resource, policy, Outcome.REPLAYED, row, ADA, None, NOW)
        assert issued.refresh_expires_at == ends
        assert mint.read_refresh(resource, issued.refresh_token).expires_at == ends


def test_the_answer_to_a_tolerated_token_is_valid_after_a_shorter_lifetime_was_set(mint, resource):
    row = FAMILY._replace(rotated_at=NOW - 7200 * SECOND, expires_at=NOW + 10**9)
    short = replace(POLICY, refresh=60)
    issued = mint.issue(resource, short, Outcome.TOLERATED, row, ADA, None, NOW)
    assert issued.refresh_expires_at == UP + 60 * SECOND


def test_an_access_token_is_valid_until_its_end_and_no_longer(mint, resource):
    text = issue(mint, resource).access_token
    end = UP + 3600 * SECOND
    assert mint.read_access([resource], text, end - 1).expires_at == end
    assert refused(mint.read_access, [resource], text, end) == (
        Code.INVALID_ACCESS_TOKEN, Cause.EXPIRED,
    )  # fmt: skip


def test_no_signature_is_looked_for_once_a_symmetric_key_has_made_the_token(mint, ring):
    text = issue(mint, JWT).access_token
    ring.verifiers = None
    assert mint.read_access([JWT, SIGNED], text, NOW).resource == JWT.name


@pytest.mark.parametrize("sooner", [0, 600 * SECOND])
def test_an_access_token_ends_at_the_latest_end_that_is_asked_for(mint, resource, sooner):
    for wanted, ends in ((DOWN + 900 * SECOND, 900 * SECOND), (DOWN + 9000 * SECOND, None)):
        row = FAMILY._replace(ends_at=FAMILY.ends_at if not sooner else DOWN + sooner)
        issued = mint.issue(
            resource, POLICY, Outcome.DERIVED, row, ADA, None, NOW, (), wanted
        )  # fmt: skip
        usual = issue(mint, resource, row, outcome=Outcome.DERIVED).access_expires_at
        assert issued.access_expires_at == min(usual, DOWN + ends if ends else usual)


def test_an_access_token_of_another_kind_is_invalid(mint, resource):
    text = issue(mint, resource).access_token
    for other in [*RESOURCES, TWIN]:
        if other is not resource:
            assert refused(mint.read_access, [other], text, NOW) == FORGED


def test_refresh_tokens_and_access_tokens_are_not_interchangeable(mint, resource):
    access, refresh = pair(mint, resource)
    code, cause = refused(mint.read_access, [resource], refresh, NOW)
    expected = Cause.FORGED if resource.refresh_claims is None else Cause.WRONG_USE
    assert (code, cause) == (Code.INVALID_ACCESS_TOKEN, expected)
    assert refused(mint.read_refresh, resource, access) == (Code.INVALID_TOKEN, Cause.FORGED)


def bent(text):
    yield from (text[:end] for end in range(len(text)))
    yield from (text + more for more in ("=", "A", ".", " ", "\n", "é", "\ud800"))
    for place in range(len(text)):
        for other in "Az0_=.\ud800":
            if other != text[place]:
                yield text[:place] + other + text[place + 1 :]


def test_a_changed_token_is_invalid(mint, resource):
    access, refresh = pair(mint, resource)
    for text in bent(access):
        assert refused(mint.read_access, [resource], text, NOW) == FORGED
    for text in bent(refresh):
        assert refused(mint.read_refresh, resource, text) == (Code.INVALID_TOKEN, Cause.FORGED)


HEADERS = [
    b'{"alg": "none", "kid": "one", "typ": "at+jwt"}',
    b'{"alg": "HS256", "kid": "one", "typ": "at+jwt"}',
    b'{"alg": "ES256", "kid": "one", "typ": "JWT"}',
    b'{"alg": "ES256", "kid": "one", "typ": "at+jwt", "jku": "https://example.com"}',
    b'{"alg":"ES256","kid":"one","typ":"at+jwt"}',
    b'{"alg": "ES256", "kid": "two", "typ": "at+jwt"}',
    b'{"alg": "ES256", "kid": ["one"], "typ": "at+jwt"}',
    b'{"alg": "ES256", "typ": "at+jwt"}',
    b"[]",
    b'"one"',
    b"null",
    b"1",
    b"{",
    b"",
    b"\xff",
    b"[" * 2000,
]


@pytest.mark.parametrize("header", HEADERS, ids=lambda header: header[:60].decode("latin-1"))
def test_a_header_that_differs_by_one_byte_is_invalid_even_when_signed(mint, header):
    payload = issue(mint, SIGNED).access_token.split(".")[1]
    signed = f"{to_text(header)}.{payload}"
    text = f"{signed}.{to_text(Signature('one').sign(signed.encode()))}"
    assert refused(mint.read_access, [SIGNED], text, NOW) == FORGED


def test_a_repr_shows_no_secret(mint, resource):
    issued = issue(mint, resource)
    read = mint.read_access([resource], issued.access_token, NOW)
    shown = repr(replace(issued, id_token="an ID token")) + repr(read)
    for secret in (issued.access_token, issued.refresh_token, read.claims["jti"], "an ID token"):
        assert secret not in shown


def test_rfc9449_8_a_nonce_changes_every_minute_and_is_valid_for_five(mint):
    start = NOW - NOW % NONCE_STEP
    text = mint.nonce(SIGNED, start)
    assert len(from_text(text)) == 4 + 6 + 16
    assert mint.nonce(SIGNED, start + 59_999) == text
    assert mint.nonce(SIGNED, start + 60_000) != text
    known = [mint.knows_nonce(SIGNED, text, start + at) for at in (-1, 0, 299_999, 300_000)]
    assert known == [False, True, True, False]


def test_a_nonce_that_differs_by_one_byte_is_invalid(mint, ring):
    text = mint.nonce(SIGNED, NOW)
    assert not mint.knows_nonce(TWIN, text, NOW)
    assert [other for other in bent(text) if mint.knows_nonce(SIGNED, other, NOW)] == []
    for short in (b"", b"x" * 4, b"x" * 10, from_text(text)[:10]):
        assert not mint.knows_nonce(SIGNED, to_text(short), NOW)
    assert not mint.knows_nonce(SIGNED, text + "A" * 4096, NOW)
    ring.dead.add("one")
    assert not mint.knows_nonce(SIGNED, text, NOW)
