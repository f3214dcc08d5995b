"""What is in use of products and delivery modes, and so may be given: as codes have it (``codes``).

The mark decides what may be given from now on. What stands already (in orders, in the released version of a program) keeps
what it names, ships and is billed as before: no job and no plan asks for it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from perennial.catalog.models import DeliveryMode, Product
from perennial.catalog.values import ModeFacts, ProductFacts
from perennial.errors import Refused


def product_off(number: str, field: str) -> Refused:
    """The refusal of a product that is not in use."""
    return Refused("product_not_in_use", field, product=number)


def mode_off(code: str, field: str) -> Refused:
    """The refusal of a delivery mode that is not in use."""
    return Refused("delivery_mode_not_in_use", field, mode=code)


@dataclass(frozen=True, slots=True)
class Off:
    """The products and the delivery modes that are not in use, by number and code."""

    products: Collection[str] = frozenset()
    modes: Collection[str] = frozenset()


def marked(off: Off, modes: Iterable[ModeFacts], products: Iterable[ProductFacts]) -> Off:
    """What is not in use once these are made as they are given."""
    return Off(
        _marked(off.products, {product.number: product.active for product in products}),
        _marked(off.modes, {mode.code: mode.active for mode in modes}),
    )


def _marked(off: Collection[str], active: Mapping[str, bool]) -> set[str]:
    return set(off).difference(active) | {name for name, mark in active.items() if not mark}


def off() -> Off:
    """What is not in use."""
    return Off(frozenset(Product.objects.filter(active=False).values_list("number", flat=True)), modes_off())


def modes_off() -> frozenset[str]:
    """The delivery modes that are not in use."""
    return frozenset(DeliveryMode.objects.filter(active=False).values_list("code", flat=True))
