"""Gateways that do not accept our key: noted when one says so, until it answers again.

So one place tells it to whoever asks for money, looks at the books or watches; nothing of it is told to customers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from perennial.db import sql
from perennial.errors import Refused
from perennial.payments.gateways import NotAdmitted
from perennial.payments.models import RefusedKey

REFUSED = "gateway_key_refused"
"""The code of the refusal."""


def standing() -> list[RefusedKey]:
    """The gateways that have refused our key and have not answered since."""
    return list(RefusedKey.objects.order_by("gateway"))


def note(shut: Mapping[str, str]) -> None:
    """These gateways have refused our key, which is in that setting; since when stays as it was."""
    for gateway, setting in sorted(shut.items()):
        RefusedKey.objects.update_or_create(gateway=gateway, defaults={"setting": setting})


def forget(gateways: Iterable[str]) -> None:
    """These gateways have answered: they accept our key."""
    if names := sorted(gateways):
        sql.execute("delete from payments_refusedkey where gateway = any(%s)", [names])


def refusal(shut: Mapping[str, str]) -> Refused:
    """What whoever asked is told."""
    return Refused(REFUSED, gateway=", ".join(sorted(shut)), setting=", ".join(sorted(set(shut.values()))))


def refusal_now() -> Refused | None:
    """The same, of those that refuse it now."""
    found = {one.gateway: one.setting for one in standing()}
    return refusal(found) if found else None


@contextmanager
def told(gateway: str) -> Iterator[None]:
    """Around what a gateway is asked outside of any try: that it refuses our key is noted, and a refusal."""
    try:
        yield
    except NotAdmitted as problem:
        note({gateway: problem.setting})
        raise refusal({gateway: problem.setting}) from None
    forget([gateway])
