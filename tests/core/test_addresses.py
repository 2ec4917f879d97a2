"""Which addresses share the limits of one network."""

import pytest

from reticket.core import addresses
from reticket.core.addresses import network_of


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("2001:DB8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::1", "::/64"),
        ("", ""),
        ("testclient", "testclient"),
        ("192.0.2.256", "192.0.2.256"),
    ],
)
def test_an_address_is_counted_with_its_network(address, network):
    assert network_of(address) == network


def test_a_text_longer_than_an_address_is_no_address_and_not_cached():
    """A `Host` has 16 KiB, and so has each address that a proxy says it forwards for."""
    remembered = addresses._parsed.cache_info().currsize
    for number in range(100):
        assert addresses.parsed(f"{number}.{'x' * addresses.LONGEST}") is None
    assert addresses._parsed.cache_info().currsize == remembered


def test_the_longest_possible_address_is_valid():
    longest = "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255%enp0s31f6.4094"
    assert len(longest) <= addresses.LONGEST
    assert addresses.parsed(longest) is not None
