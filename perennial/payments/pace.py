"""The pace that a gateway asks for, kept by all processes together: each takes its turns from one row."""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import accumulate

from django.db import transaction

from perennial.db import sql

_TAKE = """
insert into payments_gatewaypace as p (gateway, next_at)
values (%(gateway)s, clock_timestamp() + make_interval(secs => %(length)s))
on conflict (gateway) do update
   set next_at = greatest(p.next_at, clock_timestamp()) + make_interval(secs => %(length)s)
returning extract(epoch from next_at - clock_timestamp()) - %(length)s
"""


def turns(gateway: str, *, per_second: float, requests: Sequence[int]) -> list[float]:
    """When calls of so many requests each may begin, by the clock of this process (``time.monotonic``), evenly. Never inside
    a transaction.
    """
    between = 1 / per_second
    with transaction.atomic(durable=True):
        sql.execute("set local synchronous_commit = off")  # turns that a crash forgets harm nobody
        wait = float(sql.value(_TAKE, {"gateway": gateway, "length": sum(requests) * between}))
    first = time.monotonic() + wait
    return [first + between * before for before in accumulate(requests, initial=0)][:-1]
