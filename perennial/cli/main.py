"""The command ``perennial``: find the command, read its words, run it, say what went wrong.

Exit status: 0 done, 1 refused with a reason, 2 wrong usage, 3 done but something was parked, 4 something waits for a
person. With ``--json`` stdout holds one JSON document and nothing else, also when the answer is no.
"""

from __future__ import annotations

import errno
import importlib
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from perennial import language
from perennial.cli import commands
from perennial.cli.output import DoneBut, document, say, tell
from perennial.cli.parser import Parser, Run, Usage, did_you_mean
from perennial.errors import Conflict, Refused, Several

WITHOUT_DATABASE = {"stop", "restore", "payment-server"}  # the latter looks at the file first
MAKES_DATABASE = {"init", "demo", "bench", "serve"}
BUNDLE = "bundle"  # the refusal of an import: the fields of its faults are paths
STOPS_DATABASE = {"demo", "serve", "worker"}  # the server that it starts ends with it
OTHER_TABLES = {"bench", "backup"}  # databases of its own on the same server; tables of any version


OPTIONS: dict[str, str] = {}
"""By the name of a parameter, the option of the command that gives it, where they differ."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; its exit status."""
    words = list(sys.argv[1:] if argv is None else argv)
    as_json = "--json" in words
    try:
        status = run(words)
        sys.stdout.flush()
        return status
    except Usage as usage:
        help_of = f"perennial {usage.command}".strip()
        tell(sentence("outcome", "usage", said=str(usage), help=help_of))
        return 2
    except SystemExit as left:  # argparse, after --help
        return left.code if isinstance(left.code, int) else 1
    except DoneBut as but:
        if as_json:
            document({**but.done, "refused": said(but.refused)})
        tell(sentence("outcome", "refused", said=in_a_line(but.refused)))
        return 1
    except Refused as refused:
        if as_json:
            document({"refused": said(refused)})
        tell(sentence("outcome", "refused", said=in_a_line(refused)))
        return 1
    except Conflict as conflict:
        if as_json:
            document({"conflict": met(conflict)})
        tell(sentence("outcome", "changed_meanwhile", said=met(conflict)))
        return 1
    except KeyboardInterrupt:
        tell(sentence("outcome", "interrupted"))
        return 130
    except BrokenPipeError:  # whoever read our output has seen enough
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115
        return 0
    except Exception as problem:
        if os.environ.get("PERENNIAL_DEBUG"):
            traceback.print_exc()
        tell(in_words(problem))
        return 1


def console() -> None:
    """The installed command: what ``main`` says, without Python's own tidying up.

    That takes longer than many a command. And a night that is done is over: a kill that hits the process
    on its way out, and the rerun behind it, would be a second night.
    """
    status = main()
    leave = sys.modules.get("perennial.db.server.installation")
    if "django" in sys.modules:
        from django.conf import settings
        from django.db import connections

        if settings.configured:  # not where a setting was refused
            connections.close_all()
    if leave is not None:
        leave.leave()
    with suppress(OSError, ValueError):  # nobody reads any more
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(status)


def run(words: list[str]) -> int:
    """Find the command that the words begin with, and run it."""
    refuse_bytes(words)
    if words and words[0] == "--json":  # in front of the command, too
        words = [*words[1:], "--json"] if len(words) > 1 else []
    if words and words[0] == "--version":
        from perennial import __version__

        say(f"perennial {__version__}")
        return 0
    if not words:
        overview(words, tell)
        return 2
    if words[0] in ("--help", "-h", "help"):
        overview(words[1:])
        return 0
    found = commands.find(words)
    if found is None:
        return unknown(words)
    command, rest = found
    parser, start = built(command)
    given = parser.parse(rest)
    OPTIONS.clear()
    OPTIONS.update(parser.names())
    if check := getattr(given, "check", None):  # what argparse cannot say of a command
        check(given)
    language.reader()  # refused before anything is done, not when the first sentence is said
    if command.name not in WITHOUT_DATABASE:
        from perennial.cli.start import start_django

        start_django(
            make=command.name in MAKES_DATABASE,
            stop_when_unused=command.name in STOPS_DATABASE,
            other_tables=command.name in OTHER_TABLES,
        )
    return start(given)


def refuse_bytes(words: list[str]) -> None:
    """A word that is not UTF-8 is refused with its place: it could neither be stored nor be printed."""
    for place, word in enumerate(words, 1):
        try:
            word.encode()
        except UnicodeEncodeError:
            shown = word.encode(errors="surrogateescape").decode(errors="backslashreplace")
            raise Usage(f"argument {place}, '{shown}', is not UTF-8 text") from None


def built(command: commands.Command) -> tuple[Parser, Run]:
    """The parser of a command, and what runs it."""
    longer = [other for other in commands.COMMANDS.values() if other.name.startswith(f"{command.name} ")]
    parser = Parser(command.name, command.does)
    parser.epilog = "; ".join(f"`perennial {other.name}`: {other.does}" for other in longer) or None
    function = getattr(importlib.import_module(command.module), command.function)
    run_it: Run = function(parser)
    return parser, run_it


def overview(words: list[str], say: Callable[[str], None] = say) -> None:
    """All commands, or (`perennial help order`) those of a group; on stderr where no command was given."""
    group = [command for word in words[:1] for command in commands.beginning_with(word)]
    if words and not group:
        raise Usage(f"unknown command {words[0]!r}")
    say("usage: perennial COMMAND [ARGUMENTS] [--json]")
    width = max(len(name) for name in commands.COMMANDS)
    for title, listed in commands.GROUPS.items():
        shown = [command for command in listed if not words or command in group]
        if shown:
            say(f"\n{title}")
        for command in shown:
            say(f"  {command.name.ljust(width)}  {command.does}")
    say("\n`perennial COMMAND --help` lists what a command takes.")
    say("Exit status: 0 done, 1 refused with a reason, 2 wrong usage, 3 done but something was parked,")
    say("4 something waits for a person.")


def unknown(words: list[str]) -> int:
    """The words begin no command: list the group, or name the nearest command."""
    from difflib import get_close_matches

    group = commands.beginning_with(words[0])
    rest = [word for word in words[1:] if word != "--json"]
    if group and rest and rest[0] in ("--help", "-h"):
        overview(words[:1])
        return 0
    if group:
        seconds = [command.name.split()[1] for command in group]
        if not rest:
            raise Usage(f"`perennial {words[0]}` is followed by one of {', '.join(seconds)}")
        near = get_close_matches(rest[0], seconds, 1)
        raise Usage(f"unknown command '{words[0]} {rest[0]}'" + did_you_mean([f"{words[0]} {n}" for n in near]))
    near = get_close_matches(" ".join(words[:2]), commands.COMMANDS, 1) or get_close_matches(
        words[0], commands.FIRST_WORDS, 1
    )
    raise Usage(f"unknown command {words[0]!r}" + did_you_mean(near))


def said(refused: Refused) -> dict[str, Any]:
    """A refusal as JSON; that of a bundle lists its faults, the first thousand, and says how many there are."""
    words: dict[str, Any] = {"code": refused.code, "field": refused.field, "text": spoken(refused)}
    if refused.code == BUNDLE:
        words["text"] = in_a_line(refused)
    if isinstance(refused, Several):
        words["faults"] = [fault(one) if refused.code == BUNDLE else said(one) for one in refused.faults]
        words["count"] = refused.facts["count"]
    return words


def fault(one: Refused) -> dict[str, str]:
    """A fault of a bundle: of a file there is nothing that a command could add."""
    return {"path": one.field, "text": language.say(one, reader()), "code": one.code}


def spoken(refused: Refused) -> str:
    """A refusal in the language of commands, and what the command line adds: its option, or the next command."""
    facts = {**refused.facts, "option": OPTIONS.get(refused.field, refused.field)}
    return language.say(refused, reader()) + (language.phrase("command", refused.code, facts, reader()) or "")


def met(conflict: Conflict) -> str:
    """What somebody else did meanwhile."""
    changes = conflict.facts.get("changes")
    to = reader()
    said = [
        language.phrase("conflict", "change", one, to) or "" for one in (changes if isinstance(changes, list) else [])
    ]
    return ", ".join(said) or language.phrase("conflict", conflict.code, conflict.facts, to) or str(conflict)


def in_a_line(refused: Refused) -> str:
    """A refusal with its field in front; of several, one a line."""
    if not isinstance(refused, Several):
        return f"{OPTIONS.get(refused.field, refused.field)}: {spoken(refused)}" if refused.field else spoken(refused)
    if refused.code != BUNDLE:
        return "\n".join([spoken(refused), *map(in_a_line, refused.faults)])
    lines = [spoken(refused)]
    for one in map(fault, refused.faults):
        lines.append(f"{one['path']}: {one['text']}" if one["path"] else one["text"])
    if len(refused.faults) != refused.facts["count"]:
        lines.append(language.phrase("phrase", "first_faults", {"shown": len(refused.faults)}, reader()) or "")
    return "\n".join(lines)


def reader() -> language.Reader:
    """Who reads what commands say."""
    try:
        return language.reader()
    except Refused:  # it is the language that is refused
        return language.Reader()


def sentence(context: str, code: str, /, **facts: object) -> str:
    """A sentence of the command line, also where the language that is asked for has no words."""
    return language.phrase(context, code, facts, reader()) or code


def in_words(problem: Exception) -> str:
    """What is told of an error that no rule foresaw: one line that says what to do."""
    kinds = {kind.__name__ for kind in type(problem).__mro__}
    text = " ".join(str(problem).split())
    if isinstance(problem, FileNotFoundError | PermissionError | IsADirectoryError):
        return sentence("outcome", "file_not_opened", path=str(problem.filename), why=problem.strerror)
    if "ProgrammingError" in kinds and "does not exist" in text:
        return sentence("outcome", "tables_missing")
    if "OperationalError" in kinds or "InterfaceError" in kinds:
        state = getattr(problem.__cause__ or problem, "sqlstate", None)
        gone = state is None or state.startswith(("08", "57P"))
        return sentence("outcome", "database_gone" if gone else "database_gave_up", text=text)
    if isinstance(problem, OSError) and problem.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO):
        return sentence("outcome", "not_written", path=problem.filename, why=problem.strerror)
    if "IntegrityError" in kinds and ("foreign key" in text or "unique" in text):
        return sentence("outcome", "written_at_once", text=text)
    hint = not os.environ.get("PERENNIAL_DEBUG")
    return sentence("outcome", "fault_of_ours", kind=type(problem).__name__, text=text, hint=hint)


if __name__ == "__main__":
    console()
