"""Everything that a person does to an order, in one place to find it: screens, endpoints and commands call these.

``lifecycle``  submit, accept, hold, release, cancel, retry what was parked
``changes``    skip, unskip, move, substitute, quantity, price, address
``cards``      store a card, give one to an order
``shipping``   ship, invoice
``settling``   how a payment ended that the jobs cannot bring to an end; give one back
"""

from perennial.desk.cards import card, store_card
from perennial.desk.changes import address, move, price, quantity, skip, substitute, unskip
from perennial.desk.lifecycle import accept, cancel, hold, parked_retry, release, submit
from perennial.desk.settling import refund, settle
from perennial.desk.shipping import invoice, ship

__all__ = [
    "accept",
    "address",
    "cancel",
    "card",
    "hold",
    "invoice",
    "move",
    "parked_retry",
    "price",
    "quantity",
    "refund",
    "release",
    "settle",
    "ship",
    "skip",
    "store_card",
    "submit",
    "substitute",
    "unskip",
]
