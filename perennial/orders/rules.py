"""What may stand on an order."""

from __future__ import annotations

from perennial.errors import Refused
from perennial.kernel.limits import text_fault

GIFT_MESSAGE = 500
"""How many characters a gift message has at most."""


def gift_message(given: str | None) -> str | None:
    """A gift message as it is kept: line ends as a line feed, none where nothing is written.

    Refused: more than 500 characters; control characters besides line ends.
    """
    if given is None:
        return None
    text = given.replace("\r\n", "\n").replace("\r", "\n").strip()
    if fault := text_fault(text, GIFT_MESSAGE):
        raise fault.at("message")
    if any(character < " " or "\x7f" <= character <= "\x9f" for character in text.replace("\n", "")):
        raise Refused("message_control_characters", "message")
    return text or None
