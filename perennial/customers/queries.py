"""Customers, looked up."""

from __future__ import annotations

from collections.abc import Sequence

from perennial.customers.models import Customer
from perennial.db import sql
from perennial.errors import Refused
from perennial.kernel.guess import hint


def customer_by_account(account: str, field: str = "account") -> Customer:
    """A customer by account. Refused when there is none."""
    found = Customer.objects.filter(account=account).first()
    if found is None:
        known = Customer.objects.order_by("account").values_list("account", flat=True)
        raise Refused("customer", field, text=f"unknown customer {account!r}{hint(account, list(known))}")
    return found


def accounts_with(words: Sequence[str]) -> list[str]:
    """The accounts of the customers of whom every one of the words is part of the account, the name, the e-mail
    address, the phone number or a city, by name; without regard to large and small letters and to accents.
    """
    statement = _FOUND.format(theirs=_plain("text"), given=_plain("word"))
    return [account for (account,) in sql.tuples(statement, {"words": list(words)})]


_FOUND = r"""
with words as (select {given} as word from unnest(%(words)s::text[]) as w(word))
select c.account
  from customers_customer c
  left join (select customer_id, string_agg(city, E'\n') as cities from customers_address group by 1) a
         on a.customer_id = c.id
 cross join lateral (select concat_ws(E'\n', c.account, c.name, c.email, c.phone, a.cities) as text) t
 cross join lateral (select {theirs} as plain) p
 where not exists (select from words where strpos(p.plain, words.word) = 0)
 order by c.name, c.account"""


def _plain(text: str) -> str:
    """A text as people type it who have no such keys: é is e, ø is o, ß is ss. No extension is needed for it."""
    bare = rf"regexp_replace(normalize({text}, NFD), '[\u0300-\u036f]', '', 'g')"
    bare = f"translate({bare}, 'ØøŁłĐđı', 'OoLlDdi')"
    for letter, typed in (("ẞ", "ss"), ("ß", "ss"), ("Æ", "ae"), ("æ", "ae"), ("Œ", "oe"), ("œ", "oe")):
        bare = f"replace({bare}, '{letter}', '{typed}')"
    return f"lower(case when octet_length({text}) = length({text}) then {text} else {bare} end)"
