"""Hashids: short texts for numbers, as go-hashids writes them with its default alphabet."""

from __future__ import annotations

from collections.abc import Sequence

_ALPHABET = "abdegjklmnopqrvwxyzABDEGJKLMNOPQRVWXYZ1234567890"
"""The default alphabet without the separators."""

_SEPARATORS = "cfhistuCFHISTU"
_GUARD_RATIO = 12
LONGEST = 64
"""Characters of a text that is looked at."""


class Hashids:
    """Numbers to texts and back, for one salt.

    Args:
        salt: the secret that shuffles the alphabet.
    """

    def __init__(self, salt: str) -> None:
        self._salt = salt
        separators = _shuffled(_SEPARATORS, salt)
        alphabet = _ALPHABET
        wanted = -(-len(alphabet) * 10 // 35)  # one for 3.5 characters
        if wanted > len(separators):
            missing = wanted - len(separators)
            separators, alphabet = separators + alphabet[:missing], alphabet[missing:]
        alphabet = _shuffled(alphabet, salt)
        guards = -(-len(alphabet) // _GUARD_RATIO)
        self._separators = separators
        self._alphabet = alphabet[guards:]

    def encode(self, numbers: Sequence[int]) -> str:
        """The text of these numbers, of any length."""
        alphabet = self._alphabet
        mixed = sum(number % (index + 100) for index, number in enumerate(numbers))
        lottery = text = alphabet[mixed % len(alphabet)]
        for index, number in enumerate(numbers):
            alphabet = _shuffled(alphabet, (lottery + self._salt + alphabet)[: len(alphabet)])
            digits = _digits(number, alphabet)
            text += digits
            if index + 1 < len(numbers):
                place = number % (ord(digits[0]) + index) % len(self._separators)
                text += self._separators[place]
        return text

    def decode(self, text: str) -> list[int]:
        """The numbers of a text. ValueError for a text that these numbers do not have."""
        if not 1 < len(text) <= LONGEST:
            raise ValueError("no hashid")
        lottery, alphabet, numbers = text[0], self._alphabet, list[int]()
        for digits in _split(text[1:], self._separators):
            alphabet = _shuffled(alphabet, (lottery + self._salt + alphabet)[: len(alphabet)])
            numbers.append(_number(digits, alphabet))
        if self.encode(numbers) != text:
            raise ValueError("no hashid of this salt")
        return numbers


def _split(text: str, separators: str) -> list[str]:
    for separator in separators:
        text = text.replace(separator, " ")
    return text.split(" ")


def _digits(number: int, alphabet: str) -> str:
    digits = ""
    while True:
        number, digit = divmod(number, len(alphabet))
        digits = alphabet[digit] + digits
        if not number:
            return digits


def _number(digits: str, alphabet: str) -> int:
    number = 0
    for digit in digits:
        number = number * len(alphabet) + alphabet.index(digit)
    return number


def _shuffled(text: str, salt: str) -> str:
    """The text in the order that the salt gives it."""
    if not salt:
        return text
    found, place, total = list(text), 0, 0
    for index in range(len(found) - 1, 0, -1):
        place %= len(salt)
        value = ord(salt[place])
        total += value
        other = (value + place + total) % index
        found[index], found[other] = found[other], found[index]
        place += 1
    return "".join(found)
