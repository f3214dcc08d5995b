"""What differs between orders that the bench has made and what the kernel would plan and charge: one line each.

Run as a process with DATABASE_URL.
"""

from __future__ import annotations

from collections.abc import Iterator

import django


def differences() -> Iterator[str]:
    from perennial.catalog.queries import set_up
    from perennial.continuity.models import ContinuityOrder
    from perennial.continuity.planning import read_orders, target_rows
    from perennial.kernel import plan as kernel
    from perennial.orders.models import SalesOrder
    from perennial.payments import cost

    settings = set_up()
    states = read_orders(settings, list(ContinuityOrder.objects.order_by("pk").values_list("pk", flat=True)))
    children = SalesOrder.objects.in_bulk([o.child_id for s in states for o in s.occurrences if o.child_id])
    places = cost.places(s.row.ship_to_id for s in states)
    groups = cost.tax_groups(line.product_id for s in states for o in s.occurrences for line in o.lines)
    for state in states:
        plan = kernel.plan(state.revision.plan, state.facts)
        if plan.complete != state.row.complete:
            yield f"{state.row.order.number} is complete: {state.row.complete}"
        wanted = target_rows(
            state.row.pk,
            state.revision,
            plan,
            first_position=1,
            status="scheduled",
            product_ids={},
            schedule_ids=state.revision.schedule_ids,
        )
        for made, right in zip(state.occurrences, wanted, strict=True):
            for name in (
                "pair", "position", "event_on", "ship_on", "shipment", "delivery_mode_id", "why", "lines"
            ):  # fmt: skip
                if getattr(made, name) != getattr(right, name):
                    yield f"{state.row.order.number}: {name} {getattr(made, name)} but {getattr(right, name)}"
            if made.child_id:
                child = children[made.child_id]
                on = state.row.order_date if state.row.upfront else made.ship_on
                totals = cost.shipment_totals(
                    settings.tariff(state.row.tariff_id), [made], places[state.row.ship_to_id], groups, on
                )
                if (child.total_minor, child.tax_minor) != (totals.total, totals.tax):
                    yield f"{child.number} costs {child.total_minor} with tax {child.tax_minor}, not {totals}"


if __name__ == "__main__":
    django.setup()
    for difference in differences():
        print(difference)
