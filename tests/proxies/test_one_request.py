"""Behind a proxy that shares its connections, no client gets the response of another."""

import pytest
from tests.attacks.desync import TRIES, desync
from tests.attacks.target import target_of
from tests.http.wire import ADA, PASSWORD


@pytest.mark.parametrize("protocol", ["websocket", "h2c", "anything"])
def test_a_body_with_an_upgrade_mixes_no_responses(proxy, protocol):
    toll = desync(target_of(proxy), ADA, PASSWORD, protocol)
    assert (toll.crossed, toll.stolen, toll.forbidden) == (0, 0, 0), toll
    assert toll.asked == TRIES * 6
