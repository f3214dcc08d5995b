"""How often somebody who is not signed in comes: counted for all processes together, by a digest that tells nobody's address."""

from __future__ import annotations

import hashlib

from django.conf import settings

from perennial.db import sql

COUNT = """
insert into desk_visits(who, since, count) values (%(who)s, now(), 1)
on conflict (who) do update
   set count = case when desk_visits.since < now() - make_interval(secs => %(seconds)s) then 1 else desk_visits.count + 1 end,
       since = case when desk_visits.since < now() - make_interval(secs => %(seconds)s) then now() else desk_visits.since end
returning count
"""
FORGET = "delete from desk_visits where since < now() - interval '1 hour'"


def too_often(who: str, *, most: int, seconds: int) -> bool:
    """Count a visit; is it one too many within so many seconds?"""
    digest = hashlib.sha256(f"visit:{settings.SECRET_KEY}:{who}".encode()).hexdigest()[:32]
    return int(sql.value(COUNT, {"who": digest, "seconds": seconds})) > most


def forget_old() -> None:
    """Visits of more than an hour ago count no more."""
    sql.execute(FORGET)
