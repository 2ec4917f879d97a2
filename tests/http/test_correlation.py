"""Correlation ids that are drawn here: each one once, in every thread and process."""

import os
import re
from concurrent.futures import ThreadPoolExecutor
from uuid import RFC_4122, UUID

import pytest

from reticket.http.correlation import MANY, chosen_id, new_id

DIGITS = 32
CHOSEN = "b4351eccee1a4455bc942c3dbcc58538"


def test_an_id_is_32_hexadecimal_digits_and_unique():
    ids = [new_id() for _ in range(3 * MANY)]
    assert all(re.fullmatch(f"[0-9a-f]{{{DIGITS}}}", each) for each in ids)
    assert len(set(ids)) == len(ids)


def test_an_id_is_a_uuid_of_version_4():
    ids = [UUID(new_id()) for _ in range(MANY)]
    assert {(each.version, each.variant) for each in ids} == {(4, RFC_4122)}


@pytest.mark.parametrize(
    "sent",
    [
        "b4351ecc-ee1a-4455-bc94-2c3dbcc58538",
        "B4351ECC-EE1A-4455-BC94-2C3DBCC58538",
        "{b4351ecc-ee1a-4455-bc94-2c3dbcc58538}",
        "{b4351eccee1a4455bc942c3dbcc58538}",
        "b4351eccee1a4455bc942c3dbcc58538",
        "urn:uuid:b4351ecc-ee1a-4455-bc94-2c3dbcc58538",
    ],
)
def test_every_form_of_a_uuid_is_read(sent):
    assert chosen_id(sent.encode()) == CHOSEN


@pytest.mark.parametrize(
    "sent",
    [
        "",
        "no uuid",
        CHOSEN[1:],
        CHOSEN + "0",
        "{" + CHOSEN,
        CHOSEN + "}",
        f"urn:uuid:{{{CHOSEN}}}",
        "b4351ecc-ee1a4455-bc94-2c3dbcc58538",
        CHOSEN + "\n",
        "g" + CHOSEN[1:],
    ],
)
def test_other_texts_are_not_read(sent):
    assert chosen_id(sent.encode()) is None


def test_threads_get_different_ones():
    with ThreadPoolExecutor(4) as threads:
        ids = list(threads.map(lambda _: new_id(), range(20 * MANY)))
    assert len(set(ids)) == len(ids)


def test_a_forked_process_gets_different_ids():
    new_id()
    theirs, ours = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(ours, new_id().encode())
        os._exit(0)
    os.waitpid(child, 0)
    told = os.read(theirs, DIGITS).decode()
    os.close(theirs)
    os.close(ours)
    assert told not in {new_id() for _ in range(MANY)}
