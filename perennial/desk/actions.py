"""Everything that a person does to an order, in one place to find it: pages, endpoints and commands call these.

``orders``     start and discard a draft, add, change and remove a line of a draft, say how it is paid, make it a gift, let another customer pay, say where it comes from, submit, accept, hold, release, cancel, bring back, pay another way, retry what was parked, ship, invoice, track, settle, authorise by a code, decline, reprocess, receive a check, refund, approve or decline a refund, try one again, collect
``shipments``  skip, unskip, move, substitute, add and remove a product, quantity, price, address; how often and how many in all
``cards``      store a card, give one to an order, ask a customer for one by a link, revoke that
``disputes``   say that a charge is disputed, and how that ended
``undo``       take back the last change of a person
"""

from perennial.desk.cards.give import card
from perennial.desk.cards.link import revoke_card_link, send_card_link
from perennial.desk.cards.store import store_card
from perennial.desk.disputes import dispute
from perennial.desk.orders.accept import accept
from perennial.desk.orders.cancel import cancel
from perennial.desk.orders.collect import collect
from perennial.desk.orders.declined import authorise, decline, reprocess
from perennial.desk.orders.draft import add_line, change_line, discard, pay_draft, remove_line, start
from perennial.desk.orders.gift import gift
from perennial.desk.orders.hold import hold, release
from perennial.desk.orders.method import payment_method
from perennial.desk.orders.payer import payer
from perennial.desk.orders.payments import receive, settle
from perennial.desk.orders.refunds import approve_refund, decline_refund, refund, refund_again
from perennial.desk.orders.reinstate import reinstate
from perennial.desk.orders.retry import parked_retry
from perennial.desk.orders.ship import invoice, ship, track
from perennial.desk.orders.source import source
from perennial.desk.orders.split import split
from perennial.desk.orders.submit import submit
from perennial.desk.shipments.address import address, new_address
from perennial.desk.shipments.frequency import frequency
from perennial.desk.shipments.move import move
from perennial.desk.shipments.products import add_product, price, quantity, remove_product, substitute
from perennial.desk.shipments.skip import skip, unskip
from perennial.desk.undo import undo

__all__ = [
    "accept",
    "add_line",
    "add_product",
    "address",
    "approve_refund",
    "authorise",
    "cancel",
    "card",
    "change_line",
    "collect",
    "decline",
    "decline_refund",
    "discard",
    "dispute",
    "frequency",
    "gift",
    "hold",
    "invoice",
    "move",
    "new_address",
    "parked_retry",
    "pay_draft",
    "payer",
    "payment_method",
    "price",
    "quantity",
    "receive",
    "refund",
    "refund_again",
    "reinstate",
    "release",
    "remove_line",
    "remove_product",
    "reprocess",
    "revoke_card_link",
    "send_card_link",
    "settle",
    "ship",
    "skip",
    "source",
    "split",
    "start",
    "store_card",
    "submit",
    "substitute",
    "track",
    "undo",
    "unskip",
]
