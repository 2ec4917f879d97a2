"""The members of a client's registration stand in several files, which must agree."""

from typing import get_type_hints

from reticket.admin.schemas import ClientChanges
from reticket.cli.registering import MEMBERS
from reticket.directory.seed.clients import REGISTRATION
from reticket.oauth.client_metadata import DESCRIPTIONS, KEYS, SECTOR, ClientMetadata
from reticket.oauth.self_registration import REGISTERED_BY
from reticket.oauth.shared_keys import SHARED_KEYS

OF_SELFREGISTRATION = {REGISTERED_BY, SECTOR}
"""Members that no operator sets."""

OF_OPERATORS = set(REGISTRATION) - OF_SELFREGISTRATION - {SHARED_KEYS}
"""`reticket key share` has a verb of its own, since taking a key away rotates it."""


def test_the_admin_api_changes_every_member_of_a_directory_file():
    assert set(get_type_hints(ClientChanges)) == OF_OPERATORS


def test_the_shell_has_an_option_for_every_member_of_a_directory_file():
    assert {member.name for member in MEMBERS} == OF_OPERATORS


def test_a_client_that_registers_itself_may_send_every_description_and_its_keys():
    assert {*DESCRIPTIONS, *KEYS} <= set(get_type_hints(ClientMetadata))
