"""Operations that must be atomic in the engine, as Lua scripts; all else is decided in Python.

Each script touches one key, so it runs on the one node that has it.
"""

from __future__ import annotations

from hashlib import sha1
from typing import NamedTuple

Word = bytes | str | int


class Command(NamedTuple):
    """A command of the engine.

    Args:
        key: its key, which says which node it goes to.
        words: the command's name and arguments.
        source: the script's text, when it calls a script.
        lasting: whether its write must survive the loss of its node.
        asking: whether it goes to a node that is receiving the key's slot (ASKING).
    """

    key: bytes
    words: tuple[Word, ...]
    source: str = ""
    lasting: bool = False
    asking: bool = False

    def in_full(self) -> Command:
        """The command with the script's text, for a node that does not have the script."""
        return self._replace(words=("EVAL", self.source, *self.words[2:]), source="")


class Script:
    """A script, called by its SHA-1 digest."""

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
"""(expected value, new value, TTL in milliseconds): 1, or 0 when the value is another one. An empty
text means absence.
"""

LIST = Script("""
redis.call('SADD', KEYS[1], ARGV[1])
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[2]) then
    redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return redis.call('SRANDMEMBER', KEYS[1], 4)
""")
"""(member, TTL in milliseconds at most): a sample of the set's members."""

ONCE = Script("""
local left = redis.call('PTTL', KEYS[1])
if left > tonumber(ARGV[3]) and left <= tonumber(ARGV[4]) then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
""")
"""Arguments: value, TTL, the part of it for sweeping, and the longest possible rest, in
milliseconds: what a correct clock can have left. Result: whether it was set.
"""

PEEK = Script("""
return redis.call('PTTL', KEYS[1]) > tonumber(ARGV[1]) and redis.call('GET', KEYS[1])
""")
POP = Script("""
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
"""Arguments: addition, TTL, the part of it for sweeping, and the longest possible rest, in
milliseconds. Result: the sum, and the milliseconds left.
"""

SWEEP = Script("""
return redis.call('PTTL', KEYS[1]) <= tonumber(ARGV[1]) and redis.call('DEL', KEYS[1]) or 0
""")
