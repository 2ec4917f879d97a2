"""What the engine must do in one go, in its own Lua; everything else is decided in Python.

Each script touches one key, so it runs on the one node that has it.
"""

from __future__ import annotations

from hashlib import sha1
from typing import NamedTuple

Word = bytes | str | int


class Command(NamedTuple):
    """A command, the key that says which node it is for, the script where it calls one, whether
    what it writes must outlive its node, and whether it goes to a node that is about to get the
    key's slot.
    """

    key: bytes
    words: tuple[Word, ...]
    source: str = ""
    lasting: bool = False
    asking: bool = False

    def in_full(self) -> Command:
        """With the script's text, for a node that has not met it."""
        return self._replace(words=("EVAL", self.source, *self.words[2:]), source="")


class Script:
    """Called by its digest."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._digest = sha1(source.encode(), usedforsecurity=False).hexdigest()

    def __call__(self, key: bytes, *arguments: Word) -> Command:
        return Command(key, ("EVALSHA", self._digest, 1, key, *arguments), self._source)


SWAP = Script("""
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
if ARGV[2] == '' then
    redis.call('DEL', KEYS[1])
else
    redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
end
return 1
""")
"""(expected value, new value, milliseconds to live): 1, or 0 where the value is another one.
The empty text is absence.
"""

LIST = Script("""
redis.call('SADD', KEYS[1], ARGV[1])
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[2]) then
    redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return redis.call('SRANDMEMBER', KEYS[1], 4)
""")
"""(member, milliseconds that it lives at most): some members of the set, to be looked after."""

ONCE = Script("""
local left = redis.call('PTTL', KEYS[1])
if left > tonumber(ARGV[3]) and left <= tonumber(ARGV[4]) then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
""")
"""(value, milliseconds to live, those that are for sweeping, the most that may be left of what was
not written by a clock that ran ahead): whether it was set.
"""

PEEK = Script("""
return redis.call('PTTL', KEYS[1]) > tonumber(ARGV[1]) and redis.call('GET', KEYS[1])
""")
TAKE = Script("""
return redis.call('PTTL', KEYS[1]) > tonumber(ARGV[1]) and redis.call('GETDEL', KEYS[1])
""")

COUNT = Script("""
local add, swept = tonumber(ARGV[1]), tonumber(ARGV[3])
local left = redis.call('PTTL', KEYS[1]) - swept
if left <= 0 or left + swept > tonumber(ARGV[4]) then
    if add <= 0 then return {0, 0} end
    redis.call('SET', KEYS[1], add, 'PX', ARGV[2])
    return {add, tonumber(ARGV[2]) - swept}
end
local total = tonumber(redis.call('GET', KEYS[1])) + add
if total < 0 then total = 0 end
if add ~= 0 then redis.call('SET', KEYS[1], total, 'KEEPTTL') end
return {total, left}
""")
"""(addition, milliseconds to live, those that are for sweeping, the most that may be left, as of
`ONCE`): the sum, and what is left.
"""

SWEEP = Script("""
return redis.call('PTTL', KEYS[1]) <= tonumber(ARGV[1]) and redis.call('DEL', KEYS[1]) or 0
""")
