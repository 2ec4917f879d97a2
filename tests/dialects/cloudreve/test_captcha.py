"""The picture that people read after failed sign-ins."""

import struct

from reticket.dialects.cloudreve.captcha import ALPHABET, LENGTH, SIZE, Captchas, picture_of, route
from reticket.dialects.cloudreve.network_limit import NetworkLimit


def test_a_picture_is_a_png_of_its_size() -> None:
    picture = picture_of(ALPHABET[:LENGTH])
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", picture[16:24]) == SIZE


def test_two_pictures_of_one_text_differ() -> None:
    assert picture_of("2abc34") != picture_of("2abc34")


def test_people_can_tell_the_characters_apart() -> None:
    assert not set("01oil") & set(ALPHABET)
    assert ALPHABET.lower() == ALPHABET


def test_rfc9110_9_2_1_head_stores_no_picture() -> None:
    pictures = route(Captchas(0, NetworkLimit("pictures", 1)))
    assert pictures.answers("GET")
    assert not pictures.answers("HEAD")
