"""What the directory keeps of other systems whose sessions go on here."""

from __future__ import annotations

import json
import os
from dataclasses import replace

import pytest
from sqlalchemy import select
from tests.core.adopting import SECRET, jwt_adoption, opaque_adoption

from reticket.core.adoption.model import Mode, Stated
from reticket.core.errors import Cause, Refusal
from reticket.core.model import Family, Selection
from reticket.core.policy import DAY, SECOND
from reticket.crypto.sealing import Sealer
from reticket.directory.adoption.adoptions import Adoptions
from reticket.directory.adoption.ends import UnadoptedEnds
from reticket.directory.adoption.tables import adoption_ends, adoptions
from reticket.directory.drafts import UserDraft
from reticket.directory.errors import AlreadyExists, Invalid, NotFound
from reticket.directory.people.foreign_ids import ForeignId, insert_foreign_ids
from reticket.testing import FakeClock

EMAIL = "ada@example.com"


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def kept(directory, clock):
    """The adoptions, with a sealer that encrypts."""
    return Adoptions(directory.database, Sealer(lambda: bytes(32), os.urandom), clock)


@pytest.fixture
def one(clock):
    return jwt_adoption(since=clock(), until=clock() + DAY * SECOND, salts={"salt": "its salt"})


def row_of(adoption, **members):
    said = Family(
        adoption.session_of("x"), adoption.kind, "ada", None, None, None, "P",
        *(9, 9, 1, 0, 0, 1, 0),
    )  # fmt: skip
    return said._replace(**members)


def test_an_adoption_is_kept_with_its_secrets_sealed(directory, kept, one):
    kept.add(one, 8)
    assert kept.all() == [one]
    assert kept.find("old") == one
    with directory.database.read() as connection:
        stored = str(connection.execute(select(adoptions)).all())
    assert json.loads(one.key)["k"] not in stored
    assert "its salt" not in stored
    assert one.secret.hex() not in stored


def test_a_name_is_never_used_again(directory, kept, one):
    kept.add(one, 8)
    kept.remove("old")
    with pytest.raises(AlreadyExists, match="is or was"):
        kept.add(replace(one, key=SECRET * 2), 8)


def test_a_key_is_not_adopted_again_since_ended_sessions_could_begin_anew(directory, kept, one):
    kept.add(one, 8)
    kept.remove("old")
    with pytest.raises(AlreadyExists, match="adopted before"):
        kept.add(replace(one, name="new"), 8)
    with pytest.raises(AlreadyExists, match="adopted before"):
        kept.add(replace(one, name="new", issuer="https://sso.example.com"), 8)
    kept.add(replace(one, name="another kind", kind="test.jwt"), 8)
    kept.add(opaque_adoption(), 8)


def test_a_kind_has_a_limited_number_of_adoptions(directory, kept, one, clock):
    kept.add(one, 1)
    with pytest.raises(Invalid, match="too many active adoptions"):
        kept.add(replace(one, name="two", key=SECRET * 2), 1)
    clock.at = one.until
    kept.add(replace(one, name="two", key=SECRET * 2, until=one.until + 9), 1)


def test_a_key_that_takes_long_to_check_counts_more(directory, kept, one):
    """All checks of a forged token are made between two requests."""
    kept.add(replace(one, algorithm="ES512"), 8)
    with pytest.raises(Invalid, match="too many active adoptions"):
        kept.add(replace(one, name="two", key=SECRET * 2, algorithm="ES512"), 8)
    kept.add(replace(one, name="two", key=SECRET * 2, algorithm="ES384"), 8)


def test_a_removal_is_remembered_and_the_first_one_counts(directory, kept, one, clock):
    kept.add(one, 8)
    kept.remove("old")
    first = clock()
    clock.at += 5
    kept.remove("old")
    assert kept.find("old").removed_at == first
    with pytest.raises(NotFound):
        kept.remove("nothing")


def test_all_ended_sessions_are_imported_once(directory, kept, one):
    kept.add(replace(one, mode=Mode.LIVING), 8)
    kept.complete("old")
    assert kept.find("old").mode is Mode.REVOKED


class TestEnds:
    """Ends that are asked for while sessions have no row yet."""

    @pytest.fixture
    def nothing(self, directory, clock):
        return UnadoptedEnds(directory.database, clock)

    @pytest.fixture
    def ends(self, nothing, kept, one):
        kept.add(one, 8)
        return nothing

    def test_nothing_is_noted_without_an_adoption(self, nothing, kept, one):
        nothing.end(Selection(subject="ada"), "operator", one.since)
        kept.add(one, 8)
        assert nothing.ended(row_of(one), one.since) is None
        assert nothing.kinds() == {one.kind}

    @pytest.mark.parametrize(
        ("selection", "members", "is_meant"),
        [
            (Selection(), {}, True),
            (Selection(subject="ada"), {}, True),
            (Selection(subject="alan"), {}, False),
            (Selection(resource="test.opaque"), {}, True),
            (Selection(resource="test.jwt"), {}, False),
            (Selection(client="spa"), {}, False),
            (Selection(client="spa"), {"client": "spa"}, True),
            (Selection(subject="ada", client="spa"), {"client": "spa"}, True),
            (Selection(subject="alan", client="spa"), {"client": "spa"}, False),
            (Selection(context="1000"), {}, False),
            (Selection(context="1000"), {"context": "1000"}, True),
        ],
    )
    def test_an_end_includes_what_its_selection_matches(
        self, ends, one, selection, members, is_meant
    ):
        ends.end(selection, "operator", one.since + 5)
        found = ends.ended(row_of(one, **members), one.since)
        assert (found.cause if found else None) == ("operator" if is_meant else None)

    def test_an_end_before_the_adoption_is_not_for_its_sessions(self, ends, one):
        ends.end(Selection(), "operator", one.since - 1)
        assert ends.ended(row_of(one), one.since) is None
        assert ends.ended(row_of(one), 0) is None
        ends.end(Selection(), "operator", one.since)
        assert ends.ended(row_of(one), one.since) is not None

    @pytest.fixture
    def ada(self, directory):
        """Somebody who has no id of another system: an adoption may find people by e-mail."""
        return directory.users.add(UserDraft(EMAIL), "hash")

    def test_the_ends_of_a_person_are_forgotten_with_the_person(self, directory, nothing, ada):
        nothing.end(Selection(subject=ada), "password_changed", 5)
        for left in (1, 0):
            nothing.forget()
            with directory.database.read() as connection:
                assert len(connection.execute(select(adoption_ends)).all()) == left
            if left:
                directory.users.delete(ada)

    def test_a_password_that_changes_before_an_adoption_ends_older_sessions(
        self, nothing, kept, one, ada
    ):
        """The old system still knows the old password, and its sessions."""
        nothing.end(Selection(subject=ada), "password_changed", one.since - 5)
        nothing.end(Selection(subject="somebody else"), "password_changed", one.since - 5)
        nothing.forget()
        kept.add(one, 8)
        row = row_of(one, subject=ada)
        assert [bool(nothing.ended(row, one.since + n)) for n in (-6, -5, -4)] == [
            True, True, False,
        ]  # fmt: skip
        assert nothing.ended(row, 0) is not None
        assert nothing.ended(row_of(one, subject="somebody else"), 0) is None

    def test_an_end_between_two_imports_of_opaque_tokens_is_noted(self, nothing, kept, one):
        kept.add(opaque_adoption(since=one.since, until=one.until), 8)
        nothing.end(Selection(subject="ada"), "password_changed", one.since + 5)
        assert nothing.ended(row_of(one), 0) is not None

    def test_an_older_end_of_a_selection_is_forgotten(self, ends, one, directory):
        for at in (5, 9, 7):
            ends.end(Selection(subject="ada"), "operator", one.since + at)
        with directory.database.read() as connection:
            noted = connection.execute(select(adoption_ends.c.ended_at)).scalars().all()
        assert sorted(at - one.since for at in noted) == [7, 9]

    def test_the_end_of_one_row_needs_no_note(self, ends, one):
        ends.end(Selection(family=bytes(16)), "operator", one.since)
        assert ends.ended(row_of(one), one.since) is None

    def test_notes_are_kept_until_no_adoption_needs_them(self, ends, one, clock):
        ends.end(Selection(), "operator", one.since)
        ends.forget()
        assert ends.ended(row_of(one), one.since) is not None
        clock.at = one.until
        ends.forget()
        assert ends.ended(row_of(one), one.since) is None


class TestPeople:
    """Whose session a token is."""

    def stated(self, subject="12", **members):
        return Stated(subject, None, None, 0, 1, None, None)._replace(**members)

    @pytest.fixture
    def ada(self, directory):
        made = directory.users.add(UserDraft(EMAIL), "hash")
        with directory.database.write() as connection:
            insert_foreign_ids(connection, [ForeignId("django", "12", made, "state")])
        return made

    def cause_of(self, directory, one, stated):
        with pytest.raises(Refusal) as refused:
            directory.adopted_people.person(one, stated)
        return refused.value.cause

    def test_people_are_found_by_their_id_there(self, directory, one, ada):
        assert directory.adopted_people.person(one, self.stated()) == ada
        assert directory.adopted_people.person(one, self.stated(state="state")) == ada
        assert self.cause_of(directory, one, self.stated("13")) is Cause.SUBJECT_GONE

    def test_another_state_is_refused_and_so_is_one_that_was_not_imported(
        self, directory, one, ada
    ):
        other = self.stated(state="other")
        assert self.cause_of(directory, one, other) is Cause.CREDENTIAL_CHANGED
        mail = self.stated(state="state", email=EMAIL)
        assert self.cause_of(directory, one, mail) is Cause.CREDENTIAL_CHANGED

    def test_people_are_found_by_e_mail_where_an_operator_wants_that(self, directory, one, ada):
        assert directory.adopted_people.person(one, self.stated("?", email=EMAIL.upper())) == ada
        nobody = self.stated("12", email="alan@example.com")
        assert self.cause_of(directory, one, nobody) is Cause.SUBJECT_GONE

    @pytest.mark.parametrize("email", ["\u017fusan@example.com", "SUSAN@EXAMPLE.COM"])
    def test_an_address_that_only_folding_makes_equal_is_another_persons(
        self, directory, one, email
    ):
        susan = directory.users.add(UserDraft("susan@example.com"), "hash")
        found = directory.adopted_people.find("django", (), [email], ()).of(None, email, None)
        if email.isascii():
            assert found == directory.adopted_people.person(one, self.stated(email=email)) == susan
        else:
            assert found is None
            assert self.cause_of(directory, one, self.stated(email=email)) is Cause.SUBJECT_GONE
