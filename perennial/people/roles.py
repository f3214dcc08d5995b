"""What each role may do. The one table of it: groups and permissions of the database are made from it."""

from __future__ import annotations

PERMISSIONS = (
    "see_customers",
    "see_orders",
    "see_lists",
    "enter_orders",
    "change_orders",
    "release_holds",
    "change_prices",
    "ship_orders",
    "settle_payments",
    "refund_payments",
    "approve_refunds",
    "see_money",
    "export_lists",
    "see_jobs",
    "run_jobs",
    "see_programs",
    "change_programs",
    "change_many",
    "change_setup",
    "move_in",
    "change_people",
    "see_pictures",
)
"""Everything that somebody may or may not do. Whoever may change orders may change customers and their cards. Who may release
holds may release those of the kinds that are for their role; other holds only who may change orders as well. Who may give back
money does so up to the limit, and asks above it; who approves refunds is not held by it.
"""

_CLERK = frozenset(
    {
        *("see_customers", "see_orders", "see_lists", "enter_orders", "change_orders", "release_holds"),
        *("see_programs", "refund_payments"),
    }
)

ROLES: dict[str, frozenset[str]] = {
    "clerk": _CLERK,
    "manager": _CLERK
    | {
        *("change_prices", "ship_orders", "settle_payments", "approve_refunds", "see_money"),
        "export_lists",
        *("see_jobs", "run_jobs", "change_programs", "change_many", "change_setup", "move_in", "see_pictures"),
    },
    "finance": frozenset(
        {
            *("see_customers", "see_orders", "see_lists", "release_holds", "settle_payments", "refund_payments"),
            *("approve_refunds", "see_money", "export_lists", "see_jobs", "see_pictures"),
        }
    ),
    "planner": frozenset({"see_programs", "see_pictures"}),
    "administrator": frozenset({"see_jobs", "run_jobs", "change_setup", "move_in", "change_people"}),
}
"""By role, its permissions. A planner sees figures and nobody's data, an administrator no customers, but for files that move in or
out.
"""

DEMO_PASSWORD = "demo"
"""It lets nobody in where real cards are charged."""

SIGN_INS = {
    "clerk": "clerk",
    "manager": "manager",
    "finance": "finance",
    "planner": "planner",
    "admin": "administrator",
}
"""The people of a demo, with their roles."""

SIGN_IN_NAMES = {
    "clerk": "Dana Reed",
    "manager": "Marco Bell",
    "finance": "Luca Stone",
    "planner": "Iris Vale",
    "admin": "Nora Quill",
}
"""What the people of a demo are called."""


def who_may(permission: str) -> tuple[str, ...]:
    """The roles that have a permission."""
    return tuple(role for role, has in ROLES.items() if permission in has)
