"""`perennial bench`: how fast are the jobs here, and do they reach their goals?

It works in databases of its own on the same server, which it makes and drops; what is measured runs in
processes of its own, in turn, each in a fresh copy.

``databases``  make, copy and drop databases; never touch another one
``maker``      fill one with orders of any number, by sets
``sql/chain``  create-child-orders written by hand as one script, to measure the job against
``child``      one piece of work in a process of its own: seconds, statements, peak memory
``at_gateway`` the pieces that a gateway has a part in; ``measured``: how all of them are timed
``parts``      what is measured, and the goals
``compare``    two databases row by row, ids aside
"""

PARTS = (
    "create",
    "workers",
    "waiting",
    "extend",
    "update",
    "preview",
    "close",
    "charge",
    "plan",
    "search",
    "pages",
    "events",
)
"""What is measured, in this order."""
