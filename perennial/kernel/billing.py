"""Does an order that exists follow when its program is billed otherwise? Promised is kept (D11)."""

from __future__ import annotations

from perennial.kernel.states import PREPAID


def billing_kept(
    *, chosen: bool, upfront: bool, method: str, program_upfront: bool, program_in_parts: bool
) -> str | None:
    """Why an order keeps its payment schedule, and those of its events, whatever its program's are now; None: it
    takes them.

    ``chosen``: a person has chosen its schedule. ``upfront``, ``program_upfront``: billed whole, the order as it was
    promised, the program now. ``program_in_parts``: the program has a payment schedule now.
    """
    if upfront != program_upfront:
        return "billing_kept_upfront" if upfront else "billing_kept_per_shipment"
    if chosen:
        return "billing_kept_chosen"
    if program_in_parts and method in PREPAID:
        return "billing_kept_method"  # pays no parts (D14)
    return None
