"""Why a line of a bundle is as it is: the reasons that it gives, as data or in the words of an older installation."""

from __future__ import annotations

from dataclasses import dataclass, replace

from perennial.bundle.reading.values import Given, keys
from perennial.errors import Refused
from perennial.kernel import plan as kernel
from perennial.kernel.reasons import DateReason, LineReason, Reason, json_text

WHY = keys("date product price not_shipped")


REASONS = keys("date line cancelled")


@dataclass(slots=True)
class Why:
    """The reasons that a line of a bundle gives; ``whole_line``: that of the line is given, be it the usual."""

    date: str | None = None
    product: str | None = None
    price: str | None = None
    cancelled: str | None = None
    line: str | None = None
    whole_line: bool = False

    def of_line(self, base: kernel.Line | None, amount: int) -> str | None:
        """Why a line has its product and price: as given, else as the program plans it, else as it was taken over."""
        if self.whole_line:
            return self.line
        found = LineReason("taken_over", "agreed")
        if base is not None:
            planned = LineReason.of(base)
            found = planned if amount == base.price_minor else replace(planned, price="agreed")
        if self.product:
            found = replace(found, product="words", product_words=self.product)
        if self.price:
            found = replace(found, price="words", price_words=self.price)
        return found.stored()


def reasons_of(entry: Given) -> Why:
    """The reasons given: as data, else the words that an older installation wrote."""
    if "why" not in entry.value and "reasons" not in entry.value:
        return NOTHING_SAID
    made = Why()
    why = entry.inner("why", WHY)
    if why is not None:
        words = {key: why.text(key) for key in ("date", "product", "price", "not_shipped")}
        entry.spoil(why)
        if words["date"]:
            made.date = DateReason("words", words=words["date"]).stored()
        made.product, made.price = words["product"], words["price"]
        if words["not_shipped"]:
            made.cancelled = json_text(Reason("words", {"words": words["not_shipped"]}).stored())
    reasons = entry.inner("reasons", REASONS)
    if reasons is not None:
        try:
            if (given := reasons.get("date")) is not None:
                made.date = DateReason.read(given).stored()
            if "line" in reasons.value:
                made.line, made.whole_line = LineReason.read(reasons.get("line")).stored(), True
            if (given := reasons.get("cancelled")) is not None:
                found = Reason.read(given)
                made.cancelled = json_text(found.stored()) if found else None
        except Refused as refused:
            reasons.refused([refused])
        entry.spoil(reasons)
    return made


NOTHING_SAID = Why()


def says_why(entry: Given) -> bool:
    """Does an entry say why it is as it is? Then it was planned here, and so are the adjustments that it rests on."""
    return entry.given("why") or entry.given("reasons")
