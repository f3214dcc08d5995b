"""One call of ``charge.collect``: for which date, by whom, by which gateways."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from django.db import transaction

from perennial.payments import gateways
from perennial.payments.gateways import Gateway
from perennial.payments.gateways.dry import DryGateway
from perennial.payments.next_step import Rules


@dataclass
class Collecting:
    """One call of ``collect``: for which date, by whom; ``shut``: the gateways that have refused our key, with its setting;
    ``answered``: those that have not.
    """

    rules: Rules
    by: str
    dry: bool
    installation: str
    places: Mapping[int, int]
    shut: dict[str, str]
    answered: set[str] = field(default_factory=set)

    def gateway(self, name: str | None) -> Gateway:
        """The gateway of this name; in a dry run what answers in its stead."""
        found = gateways.by_name(name)
        return DryGateway(found) if self.dry else found

    def transaction(self) -> AbstractContextManager[object]:
        """A transaction that nothing encloses, so that its end is on disk; in a dry run the caller's."""
        return transaction.atomic(durable=not self.dry)
