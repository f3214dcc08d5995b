"""The two ways in which Perennial says no. Everything else that is raised is a bug."""

from __future__ import annotations


class Refused(Exception):
    """A person asked for something that the rules do not allow.

    ``code`` is a short permanent word, ``text`` says what is wrong (with the value) and what to do,
    ``field`` names the input that is at fault (``events[2].item_number``) or is empty.
    A command ends with exit status 1; a form shows it under its field; an endpoint answers 422.
    """

    def __init__(self, code: str, text: str, field: str = "") -> None:
        super().__init__(f"{field}: {text}" if field else text)
        self.code = code
        self.text = text
        self.field = field


class Conflict(Exception):
    """Somebody else changed the same thing meanwhile: look at it again, then repeat (409)."""
