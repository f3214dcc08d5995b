"""Set-up of the call center: company, parameters, delivery, tax, intervals, payment schedules, products.

Each action takes what a thing is to be and makes it so; what is already so is not written. A thing
that breaks a rule is refused (``rules`` lists all that is wrong with one).
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.db import transaction

from perennial.catalog import rules
from perennial.catalog.models import (
    Company,
    DateInterval,
    DeliveryMode,
    Parameters,
    PaymentSchedule,
    PaymentScheduleLine,
    Price,
    Product,
    Tariff,
    TaxRate,
)
from perennial.catalog.tariffs import follow_set_up
from perennial.catalog.values import IntervalFacts, ModeFacts, ProductFacts, RateFacts, ScheduleFacts
from perennial.db.history import context
from perennial.db.tally import Tally, put
from perennial.errors import Refused

DEFAULTS: dict[str, Any] = {
    "days_before_delivery": 5,
    "on_account_bill_days": 10,
    "on_account_terms_days": 30,
    "repeat_threshold": None,
    "number_of_orders_to_create": None,
    "revenue_journal": "CONTREV",
    "continuity_payment_profile": "PREPAY",
    "authorize_child_orders": True,
    "authorize_days_before": 3,
    "reauthorization_limit": 3,
    "delivery_window_days": 5,
    "days_between_tries": 1,
    "soft_retry_days": None,
    "expired_retry_days": [],
    "authentication_retry_days": [],
    "retry_on_submit": False,
    "order_dates_within_days": 1100,
    "authorization_renewals": 5,
    "card_link_days": 7,
    "days_to_keep_run_lists": 60,
    "prices_include_tax": False,
    "refund_limit_minor": None,
}
"""The parameters of a new installation (docs/contract.md)."""


@transaction.atomic
def initialise() -> bool:
    """Give an empty installation its company and its parameters. Again: nothing to do (False).

    The installation's id is random: it is part of what gateways know charges by, so no two may share one.
    """
    context(by="system", reason="a new installation")
    before = Company.objects.count() + Parameters.objects.count()
    Company.objects.bulk_create([Company(id=1, installation=secrets.token_hex(8))], ignore_conflicts=True)
    Parameters.objects.bulk_create([Parameters(id=1, **DEFAULTS)], ignore_conflicts=True)
    if not Tariff.objects.exists():
        follow_set_up(on=None, by="system")
    return before < 2


def refuse(faults: Iterator[Refused]) -> None:
    """Raise the first fault, if there is one."""
    for fault in faults:
        raise fault


def _change(model: type[Company] | type[Parameters], given: dict[str, Any]) -> Tally:
    """Change the columns of a single row that differ."""
    row = model.objects.get(pk=1)
    differs = {name: value for name, value in given.items() if getattr(row, name) != value}
    if not differs:
        return Tally(same=1)
    model.objects.filter(pk=1).update(**differs)
    return Tally(changed=1)


@transaction.atomic
def change_company(*, given: dict[str, Any], by: str, reason: str | None = None) -> Tally:
    """Change what is given of the company; the rest stays. The currency is set once."""
    refuse(rules.company_faults(given))
    refuse(rules.currency_faults(given.get("currency"), Company.objects.get(pk=1).currency))
    context(by=by, reason=reason)
    return _change(Company, given)


@transaction.atomic
def change_parameters(*, given: dict[str, Any], by: str, reason: str | None = None) -> Tally:
    """Change what is given of the parameters; the rest stays, null is no limit."""
    refuse(rules.parameter_faults(given))
    context(by=by, reason=reason)
    return _change(Parameters, given)


@transaction.atomic
def set_delivery_modes(*, modes: Sequence[ModeFacts], by: str, reason: str | None = None) -> Tally:
    """Make delivery modes as they are given; each replaces the one with its code."""
    for mode in modes:
        refuse(rules.mode_faults(mode))
    context(by=by, reason=reason)
    return put(
        DeliveryMode,
        ["code"],
        (
            {
                "code": mode.code,
                "name": mode.name,
                "charge_minor": mode.charge_minor,
                "tax_group": mode.tax_group,
                "working_days": sorted(mode.working_days),
                "holidays": mode.holidays,
                "closed_on": sorted(mode.closed_on),
                "active": mode.active,
            }
            for mode in modes
        ),
    )[0]


@transaction.atomic
def set_tax_rates(*, rates: Sequence[RateFacts], by: str, reason: str | None = None) -> Tally:
    """Make tax rates as they are given; each replaces the one of its group, place and first day."""
    for rate in rates:
        refuse(rules.rate_faults(rate))
    context(by=by, reason=reason)
    return put(
        TaxRate,
        ["group", "country", "region", "valid_from"],
        (
            {
                "group": rate.group,
                "country": rate.country,
                "region": rate.region,
                "valid_from": rate.valid_from,
                "percent": rate.percent,
            }
            for rate in rates
        ),
    )[0]


@transaction.atomic
def set_date_intervals(
    *, intervals: Sequence[IntervalFacts], by: str, reason: str | None = None
) -> tuple[Tally, list[str]]:
    """Make date intervals as they are given. Gives the codes whose dates changed too: the programs that
    use them need a revision (``programs.actions.follow_intervals``), orders keep theirs."""
    for interval in intervals:
        refuse(rules.interval_faults(interval))
    context(by=by, reason=reason)
    before = {i.code: (i.rule, i.anchor) for i in DateInterval.objects.filter(code__in=[i.code for i in intervals])}
    tally = put(
        DateInterval,
        ["code"],
        ({"code": i.code, "name": i.name, "rule": i.rule, "anchor": i.anchor} for i in intervals),
    )[0]
    return tally, [i.code for i in intervals if i.code in before and before[i.code] != (i.rule, i.anchor)]


@transaction.atomic
def set_payment_schedules(*, schedules: Sequence[ScheduleFacts], by: str, reason: str | None = None) -> Tally:
    """Make payment schedules as they are given; each replaces the one with its name, lines and all."""
    for schedule in schedules:
        refuse(rules.schedule_faults(schedule))
    context(by=by, reason=reason)
    stored = {
        schedule.name: tuple((line.after, line.percent) for line in schedule.lines.order_by("number"))
        for schedule in PaymentSchedule.objects.filter(name__in=[schedule.name for schedule in schedules])
    }
    tally, new, changed = put(
        PaymentSchedule,
        ["name"],
        (
            {
                "name": schedule.name,
                "allocation": schedule.allocation,
                "unit": schedule.unit,
                "every": schedule.every,
                "after": schedule.after,
                "number_of_payments": schedule.number_of_payments,
                "amount_minor": schedule.amount_minor,
            }
            for schedule in schedules
        ),
    )
    relined = [schedule for schedule in schedules if stored.get(schedule.name, ()) != schedule.lines]
    ids = dict(PaymentSchedule.objects.filter(name__in=[s.name for s in relined]).values_list("name", "id"))
    PaymentScheduleLine.objects.filter(schedule_id__in=ids.values()).delete()
    PaymentScheduleLine.objects.bulk_create(
        PaymentScheduleLine(schedule_id=ids[s.name], number=number, after=after, percent=percent)
        for s in relined
        for number, (after, percent) in enumerate(s.lines, 1)
    )
    only = {(s.name,) for s in relined} - set(new) - set(changed)
    return tally.plus(Tally(changed=len(only), same=-len(only)))


@transaction.atomic
def set_products(*, products: Sequence[ProductFacts], by: str, reason: str | None = None) -> tuple[Tally, set[str]]:
    """Make products as they are given, prices and all; each replaces the one with its number.

    What a continuity product stands for is the programs' business (``programs.products``). Gives the tally, and the numbers of those that were already as given.
    """
    for product in products:
        refuse(rules.product_faults(product))
    context(by=by, reason=reason)
    numbers = [product.number for product in products]
    known = list(Product.objects.filter(number__in=numbers))
    stored: dict[int, tuple[tuple[Any, int], ...]] = {product.pk: () for product in known}
    for pk, start, amount in Price.objects.filter(product_id__in=stored).values_list(
        "product_id", "valid_from", "price_minor"
    ):
        stored[pk] = (*stored[pk], (start, amount))
    before = {product.number: frozenset(stored[product.pk]) for product in known}
    tally, new, changed = put(
        Product,
        ["number"],
        (
            {"number": p.number, "name": p.name, "kind": p.kind, "tax_group": p.tax_group, "active": p.active}
            for p in products
        ),
        stored=known,
    )
    repriced = [p for p in products if before.get(p.number, frozenset()) != frozenset(p.prices)]
    ids = dict(Product.objects.filter(number__in=[p.number for p in repriced]).values_list("number", "id"))
    _reprice(repriced, ids)
    written = {number for (number,) in (*new, *changed)}
    only = {p.number for p in repriced} - written
    return (
        tally.plus(Tally(changed=len(only), same=-len(only))),
        set(numbers) - written - only,
    )


def _reprice(products: Iterable[ProductFacts], ids: dict[str, int]) -> None:
    """Replace the prices of products. A price that stays is not written again."""
    stored = {
        (price.product_id, price.valid_from): price for price in Price.objects.filter(product_id__in=ids.values())
    }
    new, changed = [], []
    for product in products:
        for start, amount in product.prices:
            price = stored.pop((ids[product.number], start), None)
            if price is None:
                new.append(Price(product_id=ids[product.number], valid_from=start, price_minor=amount))
            elif price.price_minor != amount:
                price.price_minor = amount
                changed.append(price)
    Price.objects.filter(pk__in=[price.pk for price in stored.values()]).delete()
    Price.objects.bulk_update(changed, ["price_minor"], batch_size=500)
    Price.objects.bulk_create(new, batch_size=1000)
