"""What the bundle says of a member and of an order: from the enrolment and the seed alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from perennial.demo import assortment, people
from perennial.demo.enrolments import Enrolment, World, month_end, wallet

ALBUM_PRODUCTS = (assortment.YEAR, assortment.HALF_YEAR)


def member(world: World, enrolment: Enrolment) -> dict[str, Any]:
    """The customer record of who joined with this first purchase."""
    who = people.person(world.seed, enrolment.customer)
    trusted = on_account(world, enrolment.customer)
    return {
        "account": enrolment.account,
        "name": who.name,
        "email": who.email,
        "phone": who.phone,
        "language": who.language,
        "allow_on_account": trusted,
        "credit_limit": "1000.00" if trusted else None,
        "addresses": [{"code": "home", "purpose": "delivery", **place_of(who)}],
        "cards": [card(world, enrolment, 1)],
    }


def order(world: World, enrolment: Enrolment) -> dict[str, Any]:
    """The order as it was taken: what was joined, how it is paid, where it goes."""
    terms = payment_terms(world, enrolment)
    dice = world.dice("order", enrolment.reference)
    if enrolment.product in ALBUM_PRODUCTS:
        days = dice.choices((0, -65, 30), weights=(92, 4, 4))[0]
        if days:
            terms["start_date"] = (enrolment.on + timedelta(days=days)).isoformat()
    if enrolment.product == assortment.GIFT:
        friend = people.person(world.seed, f"{enrolment.customer}.{enrolment.nth}.friend")
        terms["ship_to"] = {"recipient": friend.name, **place_of(friend)}
    lines: list[dict[str, Any]] = [
        {
            "item_number": enrolment.product,
            "quantity": 2 if enrolment.purchases[0].cds >= 10 else 1,
            "continuity": terms,
        }
    ]
    entry: dict[str, Any] = {
        "reference": enrolment.reference,
        "customer": enrolment.account,
        "order_date": enrolment.on.isoformat(),
        "submit": True,
        "ship_to": "home",
        "acceptance_required": to_be_accepted(world, enrolment),
        "lines": lines,
    }
    source = world.dice("source", enrolment.reference).choices((None, *assortment.SOURCES), weights=(2, 3, 1, 2, 4))[0]
    if source is not None:
        entry["source_code"] = source
    if with_kit(world, enrolment):
        lines.append({"item_number": assortment.CLEANING_KIT, "quantity": 1, "delivery_mode": "STD"})
        entry["pay"] = [{"method": "card", "card": current_card(world, enrolment)["token"], "percent": "100"}]
    return entry


def payment_terms(world: World, enrolment: Enrolment) -> dict[str, Any]:
    """Most pay by card, some on account; a gift, being one sum up front, also by gift card or check."""
    dice = world.dice("terms", enrolment.reference)
    by_card = {"payment_method": "card", "card": current_card(world, enrolment)["token"]}
    if enrolment.product == assortment.GIFT:
        method = dice.choices(("card", "gift_card", "check"), weights=(45, 40, 15))[0]
        return by_card if method == "card" else {"payment_method": method}
    terms: dict[str, Any] = {"payment_method": "on_account"} if on_account(world, enrolment.customer) else by_card
    if enrolment.product == assortment.BOX and dice.random() < 0.4:
        terms["payment_schedule"] = "50-30-20"
    if enrolment.product in ALBUM_PRODUCTS and terms["payment_method"] == "on_account" and dice.random() < 0.5:
        terms["payment_schedule"] = "N14"
    return terms


def current_card(world: World, enrolment: Enrolment) -> dict[str, Any]:
    """The card that the member has on the day of the order."""
    return card(world, enrolment, wallet(world, enrolment.customer, enrolment.joined).card_on(enrolment.on))


def card(world: World, enrolment: Enrolment, nth: int) -> dict[str, Any]:
    """A member's first or second card, in the words of the bundle."""
    last_day = month_end(world.calendar.last_night + timedelta(days=800))
    if nth == 1:
        last_day = wallet(world, enrolment.customer, enrolment.joined).last_day
    return people.card(world.seed, enrolment.customer, nth, last_day=last_day)


def place_of(who: people.Person) -> dict[str, str]:
    """Where somebody lives, as an address of the bundle."""
    return {
        "street": who.street,
        "city": who.city,
        "postcode": who.postcode,
        "region": who.region,
        "country": who.country,
    }


def on_account(world: World, customer: str) -> bool:
    """One in fourteen may buy on account."""
    return world.dice("account", customer).random() < 0.07


def to_be_accepted(world: World, enrolment: Enrolment) -> bool:
    """One in twenty must say yes to the written offer first."""
    return enrolment.product != assortment.GIFT and world.dice("acceptance", enrolment.reference).random() < 0.05


def with_kit(world: World, enrolment: Enrolment) -> bool:
    """One in twenty-five who pay by card takes a cleaning kit too: an ordinary line on the order."""
    if (
        on_account(world, enrolment.customer)
        or to_be_accepted(world, enrolment)
        or enrolment.product == assortment.GIFT
    ):
        return False
    return world.dice("kit", enrolment.reference).random() < 0.04
