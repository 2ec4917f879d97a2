"""What one process changes the others see within two seconds: the page on running says so."""

from reticket.beats import BEAT
from reticket.directory.lookout import RECENT


def test_two_looks_are_never_further_apart():
    assert BEAT + RECENT < 2
