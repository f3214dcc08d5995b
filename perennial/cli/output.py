"""What a command prints: one JSON document, or plain text in columns. Progress goes to stderr."""

from __future__ import annotations

import json
import shlex
import shutil
import sys
import textwrap
from argparse import Namespace
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import zip_longest
from typing import Any

from perennial import language
from perennial.errors import Refused
from perennial.kernel.states import HOLD_STOPS


class DoneBut(Exception):
    """A command has done and told what it could, and one thing was refused: with ``--json`` both are its one document."""

    def __init__(self, done: Mapping[str, Any], refused: Refused) -> None:
        self.done, self.refused = done, refused
        super().__init__(str(refused))


def document(value: Any) -> None:
    """One JSON document on one line of stdout."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    # Half of a surrogate pair is no character: it is shown as JSON writes it.
    sys.stdout.write(text.encode("utf-8", "backslashreplace").decode("utf-8") + "\n")


def say(line: str = "") -> None:
    """A line of text on stdout."""
    sys.stdout.write(line + "\n")


def sentence(context: str, code: str, /, **facts: object) -> str:
    """A sentence of the catalogue, in the language of commands."""
    return language.phrase(context, code, facts, language.reader()) or code


def note(code: str, /, **facts: object) -> None:
    """What a person should know before, or besides: a line on stderr."""
    tell(sentence("phrase", "noted", said=sentence("note", code, **facts)))


def tell(line: str) -> None:
    """A line of progress or of a log, on stderr, behind what was said before."""
    sys.stdout.flush()
    print(line, file=sys.stderr, flush=True)


def cell(value: Any) -> str:
    """A value as a cell of a table: nothing for null, words for true and false, commas in lists."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple | set):
        return ", ".join(words for one in value if (words := cell(one)))
    if isinstance(value, Mapping):
        return ", ".join(
            f"{name.replace('_', ' ')} {cell(one)}" for name, one in value.items() if one not in (None, "")
        )
    return " ".join(str(value).split())


def _is_number(words: str) -> bool:
    return words.replace(",", "").replace(".", "", 1).removeprefix("-").isdecimal()


def table(headers: Sequence[str], rows: Iterable[Sequence[Any]], indent: str = "") -> None:
    """Rows in aligned columns under their headers, numbers to the right; nothing where there are no rows.

    On a terminal it fits: columns in which nothing stands are left away, and long words go on below. Through a pipe a row
    is a line.
    """
    cells = [[cell(value) for value in row] for row in rows]
    if not cells:
        return
    room = shutil.get_terminal_size().columns - len(indent) if sys.stdout.isatty() else None
    for line in aligned(list(headers), cells, room):
        say((indent + line).rstrip())


def aligned(headers: list[str], cells: list[list[str]], room: int | None = None) -> Iterator[str]:
    """The lines of a table, at most so wide where its words can be parted (None: as wide as it is).

    Of one that is too wide all the same the last columns stand below each row, with their names.
    """
    if room is not None and _width(_widths(headers, cells)) > room:
        kept = [at for at in range(len(headers)) if any(row[at] for row in cells)]
        headers, cells = [headers[at] for at in kept], [[row[at] for at in kept] for row in cells]
    least = [_longest_word(at, headers, cells) for at in range(len(headers))]
    last = len(headers)
    while room is not None and last > 1 and _width(least[:last]) > room:
        last -= 1
    right = [all(_is_number(row[at]) or not row[at] for row in cells) for at in range(last)]
    widths = _widths(headers[:last], cells)
    if room is not None:
        widths = _narrowed(widths, least, room)
    for row in [headers, *cells]:
        parts = [_parted(words, width) for words, width in zip(row, widths, strict=False)]
        for line in zip_longest(*parts, fillvalue=""):
            padded = (
                words.rjust(width) if to_right else words.ljust(width)
                for words, width, to_right in zip(line, widths, right, strict=True)
            )
            yield "  ".join(padded)
        below = () if row is headers else zip(headers[last:], row[last:], strict=True)
        for name, words in below:
            if words:
                yield from _parted(f"    {name}: {words}", room or len(words))


def _parted(words: str, width: int) -> list[str]:
    """A cell as the lines that it takes."""
    if len(words) <= width:
        return [words]
    return textwrap.wrap(
        words,
        width,
        subsequent_indent=" " * (len(words) - len(words.lstrip())),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _widths(headers: Sequence[str], cells: Sequence[Sequence[str]]) -> list[int]:
    return [max(1, len(words), *(len(row[at]) for row in cells)) for at, words in enumerate(headers)]


def _longest_word(at: int, headers: Sequence[str], cells: Sequence[Sequence[str]]) -> int:
    """How narrow a column can be."""
    return max((len(word) for row in (headers, *cells) for word in row[at].split()), default=1)


def _narrowed(widths: list[int], least: Sequence[int], room: int) -> list[int]:
    """The widths with the widest column made narrower, again and again, until all fit or none can be."""
    widths = list(widths)
    while _width(widths) > room:
        able = [at for at, width in enumerate(widths) if width > least[at]]
        if not able:
            break
        widest = max(able, key=lambda at: widths[at])
        widths[widest] -= 1
    return widths


def _width(widths: Sequence[int]) -> int:
    return sum(widths) + 2 * (len(widths) - 1)


def facts(values: Mapping[str, Any]) -> None:
    """Names and values, one a line; what is left out or empty is left away."""
    shown = {name: cell(value) for name, value in values.items()}
    width = max((len(name) for name, words in shown.items() if words), default=0)
    for name, words in shown.items():
        if words:
            say(f"{name.replace('_', ' ').ljust(width)}  {words}")


def section(title: str) -> None:
    """A heading with an empty line above it."""
    say()
    say(title)


def result(value: Any, as_json: bool) -> None:
    """What an action gave back: as JSON, or its facts line by line."""
    if as_json:
        document(value)
    elif isinstance(value, Mapping):
        simple = {name: one for name, one in value.items() if not _is_table(one)}
        facts(simple)
        for name, one in value.items():
            if _is_table(one):
                section(name.replace("_", " "))
                listing(one)
    elif value is not None:
        listing(value)


def outcome(value: Any, given: Namespace) -> None:
    """What a change gave back, and a note where it was dated ahead: whoever mistypes a year wants to know."""
    from perennial.catalog.queries import today
    from perennial.desk.outcome import Outcome
    from perennial.desk.outcome_document import outcome_json

    if isinstance(value, Outcome):
        value = outcome_json(value)
        if not given.json:
            value = {name: one for name, one in value.items() if name not in ("follows", "version", "can_undo")}
    now = today()
    if given.json or not isinstance(value, Mapping):
        result(value, given.json)
    else:
        result({name: one for name, one in value.items() if name not in IN_SENTENCES}, as_json=False)
        sentences(value)
    if given.on is not None and given.on > now:
        note("dated_ahead", on=given.on, today=now)


IN_SENTENCES = (
    *("changed", "caught_up", "moved", "still_ships", "still_held", "kept"),
    *(
        "still_to_old_address",
        "still_pays",
        "asked_already",
        "billed_already",
        "not_authorised",
        "overridden",
        "behind",
    ),
    *("stopped", "sent_unpaid", "shipments_wait", "not_charged", "not_charged_of_sent", "still_owed"),
    *("given_back", "refund_waits"),
)
MOST_NAMED = 10


def sentences(done: Mapping[str, Any]) -> None:
    """What else came of a change: what is new of a card, what becomes of late shipments, and which have another day now."""
    for one in done.get("changed", ()):
        before, after = (one[when] or sentence("phrase", "none") for when in ("before", "after"))
        say(sentence("outcome", "card_changed", field=one["field"], card=done["token"], before=before, after=after))
    for number in done.get("still_ships", ()):
        say(
            sentence(
                "outcome", "still_ships", order=number, charged="charging" in HOLD_STOPS.get(done.get("stops", ""), ())
            )
        )
    for number in done.get("still_held", ()):
        say(sentence("outcome", "still_held", order=number))
    for code in done.get("kept", ()):
        say(sentence("outcome", "kept_holds", code=code))
    for number in done.get("still_to_old_address", ()):
        say(sentence("outcome", "still_to_old_address", order=number))
    for one in done.get("still_pays", ()):
        say(sentence("outcome", "still_pays", **one))
    for one in done.get("asked_already", ()):
        say(sentence("outcome", "asked_anew" if one["asked_anew"] else "asked_already", **one))
    if "behind" in done:
        left_behind(done["behind"])
    for one in done.get("billed_already", ()):
        say(sentence("outcome", "billed_already", **one))
    if "not_authorised" in done:
        say(sentence("outcome", "card_not_asked", amount=done["not_authorised"]))
    if "shipments_wait" in done:
        say(sentence("outcome", "shipments_wait", count=done["shipments_wait"]))
    if "given_back" in done:
        waits = done.get("refund_waits", False)
        say(sentence("outcome", "refund_waits" if waits else "given_back", amount=done["given_back"]))
    for code in ("not_charged", "not_charged_of_sent", "still_owed"):
        if code in done:
            say(sentence("outcome", code, amount=done[code]))
    for code in ("stopped", "sent_unpaid"):
        if code in done:
            say(sentence("outcome", code, count=len(done[code]), shipments=done[code]))
    if "overridden" in done:
        say(sentence("outcome", "overridden", what=done["overridden"]))
    lines = [
        *((one, _late(one["shipments"], one["how"])) for one in done.get("caught_up", ())),
        *((one, _new_day(one["shipment"], one["ship_on"])) for one in done.get("moved", ())),
    ]
    several = len({(one["order"], one["line"]) for one, _ in lines}) > 1
    for one, words in lines[:MOST_NAMED]:
        named = several or "order" not in done
        say(sentence("outcome", "of_line", order=one["order"], line=one["line"], said=words) if named else words)
    if len(lines) > MOST_NAMED:
        say(sentence("outcome", "and_more", count=len(lines) - MOST_NAMED))


def left_behind(behind: Mapping[str, Any]) -> None:
    """What a start date of the past makes of an order, said before it is kept."""
    from perennial.catalog.queries import today

    note("shipments_behind", count=behind["shipments"], since=behind["since"], ship_on=behind["ship_on"], today=today())


def _new_day(shipment: int, ship_on: str) -> str:
    """When a shipment ships that has another day now. The night of that day may be over."""
    from perennial.jobs.night import is_over

    code = "ships_next_run" if is_over(date.fromisoformat(ship_on)) else "ships_on"
    return sentence("outcome", code, shipment=shipment, ship_on=ship_on)


def _late(shipments: Sequence[int], how: str) -> str:
    """What becomes of late shipments that have no new day."""
    return sentence("outcome", f"late_{how}", count=len(shipments), shipments=list(shipments))


def following(programs: Iterable[Any]) -> None:
    """Which open orders follow a program that was changed, and when (``desk.queries.Following``)."""
    for one in programs:
        code = "orders_follow_by_night" if one.apply else "orders_follow_by_hand"
        say(sentence("outcome", code, count=one.orders, program=one.program, quoted=shlex.quote(one.program)))
        if one.billing_kept:
            say(sentence("outcome", "orders_keep_billing", count=one.billing_kept, program=one.program))


def _is_table(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, Mapping) for one in value)


def listing(rows: Sequence[Mapping[str, Any]]) -> None:
    """Documents of one kind as a table, a column for each of their keys."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    table([name.replace("_", " ") for name in names], ([row.get(name) for name in names] for row in rows), "  ")
