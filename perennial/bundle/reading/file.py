"""A bundle's file: one JSON object, read piece by piece, its keys in any order, however large it is.

``Source`` looks through the whole file once: that it is JSON, which keys stand where and, of the lists,
how many things they hold. Then each list can be read as often as needed, one thing at a time.
"""

from __future__ import annotations

import codecs
import json
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from perennial.errors import Refused
from perennial.kernel import limits

CHUNK = 1 << 20
MOST_DIGITS = 100
_WHITE = " \t\n\r"


def _constant(word: str) -> Any:
    raise ValueError(word)  # NaN, Infinity


class Twice(dict[str, Any]):
    """An object of the file in which a key stands twice (``key``); JSON forbids it, parsers overlook it."""

    key = ""


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) == len(pairs):
        return made
    seen: set[str] = set()
    twice = Twice(made)
    for key, _ in pairs:
        if key in seen:
            twice.key = key
        seen.add(key)
    return twice


class TooLong(int):
    """A number of more digits than anything here may have: no field takes it, and each says so with its start."""

    words = ""

    def __new__(cls, words: str) -> TooLong:
        made = super().__new__(cls, f"{'-' if words[0] == '-' else ''}1{'0' * MOST_DIGITS}")
        made.words = limits.short(words)
        return made

    def __repr__(self) -> str:
        return self.words


def _whole(words: str) -> int:
    return int(words) if len(words) <= MOST_DIGITS else TooLong(words)


def _decimal(words: str) -> Decimal | int:
    try:
        return Decimal(words) if len(words) <= MOST_DIGITS else TooLong(words)
    except InvalidOperation:  # an exponent beyond all bounds
        return TooLong(words)


_DECODER = json.JSONDecoder(object_pairs_hook=_pairs, parse_int=_whole, parse_float=_decimal, parse_constant=_constant)


@dataclass
class Section:
    """A key at the top of the bundle: where its value begins, and whether it is a list."""

    name: str
    offset: int
    line: int
    column: int
    is_list: bool
    value: Any = None


class _Text:
    """The text of the file from an offset on, in a buffer that is filled as needed."""

    def __init__(self, file: BinaryIO, offset: int, line: int, column: int) -> None:
        self._file = file
        file.seek(offset)
        self._decode = codecs.getincrementaldecoder("utf-8")()
        self._base, self._line, self._column = offset, line, column
        self.buffer, self.at, self.ended = "", 0, False

    def more(self) -> bool:
        """Read on; False at the end of the file."""
        if self.ended:
            return False
        # What was used is let go, and its lines counted.
        used = self.buffer[: self.at]
        self._base += len(used.encode())
        self._line, self._column = self._place(used)
        self.buffer, self.at = self.buffer[self.at :], 0
        size = max(CHUNK, len(self.buffer))  # a large thing is not tried again for every small piece
        found = self._file.read(size)
        self.ended = len(found) < size
        try:
            self.buffer += self._decode.decode(found, self.ended)
        except UnicodeDecodeError as fault:
            self.buffer += found[: fault.start].decode(errors="ignore")
            raise self.refused("not_utf8", len(self.buffer)) from None
        return True

    def _place(self, text: str) -> tuple[int, int]:
        lines = text.count("\n")
        if not lines:
            return self._line, self._column + len(text)
        return self._line + lines, len(text) - text.rindex("\n")

    def place(self) -> tuple[int, int, int]:
        """Where the reading stands: offset in bytes, line, column."""
        used = self.buffer[: self.at]
        return (self._base + len(used.encode()), *self._place(used))

    def refused(self, why: str, at: int, *, ends: bool = False) -> Refused:
        """The file is not JSON: why (a label of the context ``syntax``) and where. ``ends``: there the file ends."""
        line, column = self._place(self.buffer[:at])
        return Refused("not_json", line=line, column=column, why=why, ends=ends)

    def peek(self) -> str:
        """The next character that is not white space; empty at the end."""
        while True:
            while self.at < len(self.buffer):
                found = self.buffer[self.at]
                if found not in _WHITE:
                    return found
                self.at += 1
            if not self.more():
                return ""

    def take(self, wanted: str, why: str) -> str:
        """The next character, which is one of those wanted; why it is."""
        found = self.peek()
        if not found or found not in wanted:
            raise self.refused(why, self.at, ends=not found)
        self.at += 1
        return found

    def value(self) -> Any:
        """The next value, whole."""
        if not self.peek():
            raise self.refused("value_expected", self.at, ends=True)
        while True:
            try:
                found, end = _DECODER.raw_decode(self.buffer, self.at)
                # A number may go on behind the buffer, which may end within its "." or "e+".
                if end + 2 < len(self.buffer) or not self.more():
                    self.at = end
                    return found
            except json.JSONDecodeError as fault:
                near_end = fault.pos >= len(self.buffer) - 12 or fault.msg.startswith("Unterminated string")
                if self.ended or not near_end:
                    raise self.refused(_WHY.get(fault.msg, fault.msg), min(fault.pos, len(self.buffer))) from None
                self.more()
            except ValueError as fault:
                line, column = self._place(self.buffer[: self.at])
                raise Refused("not_json_word", line=line, column=column, word=str(fault)) from None
            except RecursionError:
                raise self.refused("nested_too_deeply", self.at) from None


_WHY = {
    "Expecting value": "value_expected",
    "Expecting ',' delimiter": "comma_expected",
    "Expecting ':' delimiter": "colon_expected",
    "Expecting property name enclosed in double quotes": "key_expected",
    "Illegal trailing comma before end of object": "comma_before_object_ends",
    "Illegal trailing comma before end of array": "comma_before_list_ends",
    "Invalid control character at": "control_character",
    "Invalid \\escape": "escape_unknown",
    "Invalid \\uXXXX escape": "escape_wrong",
    "Unterminated string starting at": "string_open",
}
"""What the JSON parser says, as labels of the context ``syntax``."""


class Source:
    """The file of a bundle. ``each`` is called with (list's name, index, thing) while it is looked through."""

    def __init__(self, file: BinaryIO, each: Callable[[str, int, Any], None] | None = None) -> None:
        self._file = file
        self.sections: dict[str, Section] = {}
        self.twice: list[str] = []
        file.seek(0)
        text = _Text(file, len(codecs.BOM_UTF8) if file.read(3) == codecs.BOM_UTF8 else 0, 1, 1)
        if not text.peek():
            raise Refused("file_empty")
        text.take("{", "bundle_expected")
        while text.peek() != "}" or self.sections:
            if text.take('"', "key_expected"):
                text.at -= 1
            name = text.value()
            text.take(":", "colon_expected")
            first = text.peek()
            if name in self.sections:
                self.twice.append(name)
            section = self.sections[name] = Section(name, *text.place(), first == "[")
            if section.is_list:
                for index, thing in enumerate(_items(text)):
                    if each is not None:
                        each(name, index, thing)
            else:
                section.value = text.value()
            if text.take(",}", "object_goes_on") == "}":
                break
        else:
            text.at += 1
        if text.peek():
            raise text.refused("text_behind_bundle", text.at)

    def items(self, name: str) -> Iterator[Any]:
        """The things of a list, one by one."""
        section = self.sections.get(name)
        if section is not None and section.is_list:
            yield from _items(_Text(self._file, section.offset, section.line, section.column))

    def batches(self, name: str, size: int) -> Iterator[list[tuple[int, Any]]]:
        """The things of a list with their places, in handfuls."""
        things = enumerate(self.items(name))
        while batch := list(islice(things, size)):
            yield batch


def _items(text: _Text) -> Iterator[Any]:
    text.take("[", "list_expected")
    if text.peek() == "]":
        text.at += 1
        return
    while True:
        yield text.value()
        if text.take(",]", "list_goes_on") == "]":
            return


def opened(path: str | Path, stdin: BinaryIO) -> BinaryIO:
    """The file of a bundle, ready to be read more than once; ``-`` is standard input, kept in a temporary file."""
    if str(path) == "-":
        return _spooled(stdin)
    try:
        file = open(path, "rb")  # noqa: SIM115
        return file if file.seekable() else _spooled(file)
    except OSError as problem:
        raise Refused("file_unreadable", path=str(path), why=problem.strerror) from None


def _spooled(stream: BinaryIO) -> BinaryIO:
    spool = tempfile.TemporaryFile(prefix="perennial-bundle-")  # noqa: SIM115
    while piece := stream.read(CHUNK):
        spool.write(piece)
    return spool
