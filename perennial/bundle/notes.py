"""What an import has to say that is no fault: whoever brings something in wants to know it, also of a dry run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from perennial.bundle.faults import shown

MOST_NAMED = 10


@dataclass
class Notes:
    """What was found on the way."""

    untaxed: dict[str, str] = field(default_factory=dict)
    """Tax groups without a rate, each with what it may have meant: the end of a sentence."""

    def lines(self) -> Iterator[str]:
        """All of it in words."""
        for group, hint in islice(self.untaxed.items(), MOST_NAMED):
            yield f"tax group {shown(group)} has no rate: what is in it is not taxed{hint}"
        if len(self.untaxed) > MOST_NAMED:
            yield f"{len(self.untaxed) - MOST_NAMED:,} more tax groups have no rate"
