"""What one process changes the others see within two seconds: the page on running says so."""

from reticket.beats import BEAT
from reticket.directory.lookout import RECENT
from reticket.directory.postgresql import PostgresqlStorage
from reticket.directory.sqlite import SqliteStorage


def test_nobody_pauses_for_longer_between_two_looks():
    assert max(BEAT, RECENT, PostgresqlStorage.pause, SqliteStorage.pause) + RECENT < 2
