"""The kinds of set-up on the pages: what is asked of each, in which order, and what their lists show."""

from __future__ import annotations

from dataclasses import dataclass

from perennial.bundle.reading.setup import ALLOCATIONS, UNITS
from perennial.catalog.rules import WITHOUT_LIMIT
from perennial.kernel.places import time_zones
from perennial.kernel.states import REASON_ACTIONS
from perennial.people.roles import ROLES
from perennial.web.set_up.fields import (
    Amount,
    Anchor,
    Choice,
    Country,
    DateRule,
    Day,
    Days,
    Field,
    Flag,
    Languages,
    Percent,
    Rows,
    Stops,
    Ticks,
    Weekdays,
    Whole,
    Wholes,
)


@dataclass(frozen=True, slots=True)
class Form:
    """A kind of set-up, called as its section in a bundle. ``columns``: what a list of it shows; none: there is one alone.
    ``live``: what is shown while it is typed. ``about``: what a change of it means is said above the form.
    """

    section: str
    fields: tuple[Field, ...]
    columns: tuple[str, ...] = ()
    live: str = ""
    about: bool = False
    searched: bool = False

    @property
    def slug(self) -> str:
        """The kind in an address."""
        return self.section.replace("_", "-")

    @property
    def alone(self) -> bool:
        """Is there one of it alone?"""
        return not self.columns

    def field(self, name: str) -> Field:
        """One of its fields."""
        return next(one for one in self.fields if one.name == name)


def _zones() -> list[str]:
    return sorted(time_zones())


_PARAMETERS = (
    "days_before_delivery",
    "number_of_orders_to_create",
    "repeat_threshold",
    "delivery_window_days",
    "order_dates_within_days",
    Flag("authorize_child_orders"),
    "authorize_days_before",
    "reauthorization_limit",
    "days_between_tries",
    Wholes("soft_retry_days"),
    Wholes("expired_retry_days", default=[]),
    Wholes("authentication_retry_days", default=[]),
    Flag("retry_on_submit"),
    "authorization_renewals",
    Amount("refund_limit"),
    "card_link_days",
    "on_account_bill_days",
    "on_account_terms_days",
    Flag("prices_include_tax"),
    "days_to_keep_run_lists",
    Field("revenue_journal"),
    Field("continuity_payment_profile"),
)
_MANY = ("fixed_amount", "fixed_quantity")

FORMS: dict[str, Form] = {
    form.slug: form
    for form in (
        Form(
            "company",
            (
                Field("name", default=""),
                Country("country"),
                Choice("time_zone", choices=_zones),
                Languages("languages"),
                Field("from_email"),
                Field("phone"),
                Field("address"),
                Field("vat_number"),
            ),
        ),
        Form(
            "parameters",
            tuple(
                one if isinstance(one, Field) else Whole(one, known="no_limit" if one in WITHOUT_LIMIT else "")
                for one in _PARAMETERS
            ),
        ),
        Form(
            "delivery_modes",
            (
                Field("code", fixed=True),
                Field("name", default=""),
                Amount("charge", default="0"),
                Field("tax_group", known="tax_groups"),
                Weekdays("working_days"),
                Field("holidays"),
                Days("closed_on"),
                Flag("active", default=True),
            ),
            ("code", "name", "charge", "tax_group", "working_days", "holidays", "active"),
            about=True,
        ),
        Form(
            "date_intervals",
            (Field("code", fixed=True), Field("name", default=""), DateRule("rule", known="rules"), Anchor("anchor")),
            ("code", "name", "rule", "anchor"),
            live="dates",
            about=True,
        ),
        Form(
            "payment_schedules",
            (
                Field("name", fixed=True),
                Choice("allocation", choices=ALLOCATIONS, labels="allocation"),
                Choice("unit", choices=UNITS, labels="schedule unit"),
                Whole("number_of_payments", of=("allocation", ("fixed_quantity",)), default=1),
                Amount("amount", of=("allocation", ("fixed_amount",))),
                Whole("after", of=("allocation", ("total", *_MANY)), default=0),
                Whole("every", of=("allocation", _MANY), default=1),
                Rows(
                    "lines",
                    of=("allocation", ("specified",)),
                    default=(),
                    columns=(Whole("after", default=0), Percent("percent")),
                ),
            ),
            ("name", "allocation", "unit", "number_of_payments", "amount", "lines"),
            live="parts",
            about=True,
        ),
        Form(
            "tax_rates",
            (
                Field("group", fixed=True, known="tax_groups"),
                Country("country", fixed=True),
                Field("region", fixed=True),
                Day("from", fixed=True),
                Percent("percent"),
            ),
            ("group", "country", "region", "from", "percent"),
            about=True,
        ),
        Form(
            "products",
            (
                Field("number", fixed=True),
                Field("name", default=""),
                Field("tax_group", known="tax_groups"),
                Rows("prices", default=(), columns=(Amount("price"), Day("from"))),
                Field("program", known="programs"),
                Whole("event_duration", default=0),
                Whole("shipments"),
                Flag("active", default=True),
            ),
            ("number", "name", "prices", "tax_group", "program", "active"),
            about=True,
            searched=True,
        ),
        Form(
            "source_codes",
            (
                Field("code", fixed=True),
                Field("description", default=""),
                Day("from"),
                Day("until"),
                Flag("active", default=True),
            ),
            ("code", "description", "from", "until", "active"),
        ),
        Form(
            "reason_codes",
            (
                Field("code", fixed=True),
                Field("description", default=""),
                Ticks("actions", choices=REASON_ACTIONS, labels="action"),
                Flag("active", default=True),
            ),
            ("code", "description", "actions", "active"),
        ),
        Form(
            "hold_codes",
            (
                Field("code", fixed=True),
                Field("description", default=""),
                Stops("stops"),
                Ticks("released_by", choices=tuple(ROLES), labels="role"),
                Flag("active", default=True),
            ),
            ("code", "description", "stops", "released_by", "active"),
        ),
    )
}
"""By the kind in their addresses."""
