"""How a state is shown: a shape and a word. A fill only where a person is needed now, or nothing goes on."""

from __future__ import annotations

TONES = {
    "wait": ("draft", "planned", "scheduled", "projected", "due", "queued", "waiting"),
    "live": ("open", "ordered", "sending", "sent", "authorised", "capturing", "shipped", "billed", "running"),
    "done": ("invoiced", "captured", "paid", "closed", "refunded", "finished"),
    "act": (
        "held",
        "disputed",
        "acceptance",
        "awaiting",
        "card",
        "declined",
        "unknown",
        "parked",
        "payment",
        "hold",
        "unsure",
        "stopped",
        "given_up",
    ),
    "act soon": ("ends", "needs_card"),
    "fail": ("failed", "bounced"),
    "off": ("skipped", "cancelled", "voided", "expired", "written_off", "off"),
}
TONE = {word: tone for tone, state_words in TONES.items() for word in state_words}


def tone(word: str) -> str:
    """The class of a state."""
    return TONE[word]


def icon(word: str) -> str:
    """The shape of a state: its tone's."""
    return TONE[word].split()[0]
