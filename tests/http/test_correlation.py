"""Correlation ids that are drawn here: each one once, in every thread and process."""

import os
import re
from concurrent.futures import ThreadPoolExecutor

from reticket.http.correlation import DIGITS, MANY, new_id


def test_an_id_is_32_hexadecimal_digits_and_unique():
    ids = [new_id() for _ in range(3 * MANY)]
    assert all(re.fullmatch(f"[0-9a-f]{{{DIGITS}}}", each) for each in ids)
    assert len(set(ids)) == len(ids)


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
