"""The two ways in which Perennial says no. Everything else that is raised is a bug."""

from __future__ import annotations

from collections.abc import Iterable


class Refused(Exception):
    """A person asked for something that the rules do not allow.

    ``code`` is permanent, and one code is one sentence (``docs/problems.md`` lists them). ``field`` is the name of
    the parameter at fault (``events[2].item_number``) or is empty. ``facts`` is what the sentence says: dates, money
    with its currency, numbers, codes. ``language.say`` makes the sentence, in the reader's language.
    A command ends with exit status 1; a form shows it under its field; an endpoint answers 422.
    """

    def __init__(self, code: str, field: str = "", /, **facts: object) -> None:
        self.code = code
        self.field = field
        self.facts = facts
        super().__init__(f"{field}: {self.described}" if field else self.described)

    @property
    def described(self) -> str:
        """The code with its facts, for whoever reads a log."""
        return " ".join([self.code, *(f"{name}={value}" for name, value in self.facts.items() if value is not None)])

    def at(self, field: str) -> Refused:
        """The same refusal, of another field."""
        return Refused(self.code, field, **self.facts)


class Several(Refused):
    """An action found more than one fault, and gives them all (``faults``)."""

    def __init__(self, faults: Iterable[Refused], code: str = "several", /, **facts: object) -> None:
        self.faults = tuple(faults)
        facts.setdefault("count", len(self.faults))
        super().__init__(code, **facts)


def refuse_all(faults: Iterable[Refused]) -> None:
    """Refuse what is at fault: nothing, the one fault as it is, or all of them together."""
    found = tuple(faults)
    if len(found) == 1:
        raise found[0]
    if found:
        raise Several(found)


class Conflict(Exception):
    """Somebody else changed the same thing meanwhile: look at it again, then repeat (409). Code and facts as above."""

    def __init__(self, code: str, /, **facts: object) -> None:
        self.code = code
        self.facts = facts
        super().__init__(" ".join([code, *(f"{name}={value}" for name, value in facts.items())]))
