"""The words of state: which may follow which, and every set of them that a rule goes by.

The database refuses a change that is not in a pair: its triggers are made from the pairs (``db.state_machine``).
A set is named here once. Python reads it; a statement in a .sql file names it as ``{states.SENT}``.
"""

from __future__ import annotations

from itertools import combinations

# --- Orders, their lines, continuity orders, occurrences

ORDER = {
    "draft": {"open", "cancelled"},
    "open": {"shipped", "invoiced", "cancelled"},
    "shipped": {"invoiced"},
    "invoiced": set(),
    "cancelled": {"draft", "open"},
}
"""A sales order: parent, child or ordinary. Only a child, or an order of ordinary lines, is shipped. ``cancelled`` is taken
back only as long as nothing has used it (``desk.undo``).
"""

PARENT_AGAIN = {"invoiced": {"open"}}
"""A parent order besides: it opens again when a member comes back who had stopped."""

ORDER_LINE = {
    "open": {"shipped", "invoiced", "cancelled"},
    "shipped": {"invoiced"},
    "invoiced": {"open"},
    "cancelled": {"open"},
}
"""A line of an order. Only a continuity line opens again, when a member comes back."""

CONTINUITY_ORDER = {
    "draft": {"open", "cancelled"},
    "open": {"closed", "cancelled"},
    "closed": {"open"},
    "cancelled": {"draft", "open"},
}
"""A continuity order. It opens again when a member comes back who had stopped."""

LINE = {
    "planned": {"scheduled", "skipped", "cancelled"},
    "scheduled": {"ordered", "skipped", "cancelled"},
    "ordered": {"scheduled", "cancelled"},
    "skipped": {"planned", "scheduled", "cancelled"},
    "cancelled": {"planned", "scheduled", "skipped"},
}
"""An occurrence: ``planned`` in a draft order; ``ordered`` has a child; ``cancelled`` may be revived."""

NOT_ENDED = ("draft", "open")
"""A sales order or continuity order that still goes on."""

SENT = ("shipped", "invoiced")
"""An order or order line that has left the warehouse."""

NOT_INVOICED = ("open", "shipped")
"""A child or an order line that goes on."""

ENDED = ("shipped", "invoiced", "cancelled")
"""A parent order of which nothing more comes."""

DONE = ("invoiced", "cancelled")
"""A child or an order line about which nothing is left to do."""

TO_COME = ("planned", "scheduled")
"""An occurrence of which a child will be made."""

COUNTED = ("planned", "scheduled", "ordered")
"""An occurrence that is sent or will be, and so is owed."""

PLANNED_ANEW = ("planned", "scheduled", "skipped")
"""An occurrence that planning may still write over."""

PROJECTED = "projected"
"""What ``show --ahead`` says of an occurrence beyond the planned ones: no row has this state."""

BLOCKED = ("acceptance", "hold", "card", "payment", "parked")
"""Why a scheduled occurrence makes no child."""

ACCEPTANCE = ("none", "awaited", "given")

# --- Payments

PAYMENT = {
    "draft": {"due", "cancelled"},
    "due": {"sent", "captured", "billed", "cancelled", "failed", "written_off"},
    "sent": {"authorised", "captured", "declined", "failed", "unknown", "due"},
    "authorised": {"capturing", "captured", "voided", "expired", "due", "unknown", "cancelled"},
    "capturing": {"captured", "declined", "failed", "unknown", "authorised", "due"},
    "captured": set(),
    "declined": {"sent", "authorised", "due", "failed", "cancelled", "written_off"},
    "failed": {"authorised", "due", "cancelled", "written_off"},
    "unknown": {"authorised", "captured", "declined", "failed", "due", "voided", "cancelled", "written_off"},
    "voided": {"due", "cancelled"},
    "expired": {"due", "cancelled"},
    "cancelled": {"draft", "due", "declined", "failed", "billed"},
    "written_off": set(),
    "billed": {"paid", "written_off", "cancelled"},
    "paid": set(),
}

REFUND_SENT_BACK = {"captured": {"failed"}}
"""A refund besides: it had gone through, and the bank has sent the money back."""

CHANGEABLE = ("draft", "due", "declined", "failed")
"""Not paid, and nothing is on its way about it: a person may still change it or end it."""

TAKEN_BACK = (*CHANGEABLE, "billed")
"""A payment that was cancelled is so again when that is taken back."""

SPREAD_ANEW = (*CHANGEABLE, "authorised", "voided", "expired", "cancelled")
"""Nobody was asked yet, or what was asked can be taken back before it is captured: its amount follows the order."""

NOT_ASKED = ("draft", "due")

REFUSED = ("declined", "failed")
"""The card was asked and does not pay: another card, or another try, is wanted."""

STOPS_SHIPPING = (*REFUSED, "unknown")
"""What this pays is not shipped while the payment is so."""

STOPS_CHILDREN = ("failed", "unknown")
"""While a payment is so, no later child of its order is made."""

TO_DO = ("due", "declined", "authorised", "sent", "capturing", "unknown")
"""The job may have something to do about it."""

CARD_OWES = (*CHANGEABLE, "sent", "authorised", "capturing", "unknown")
"""The card that it names may still be asked, or was asked and has not paid yet."""

NOT_PAID_YET = ("due", "declined", "failed", "sent", "authorised", "capturing", "unknown", "billed")
"""It is owed, and the money is not there."""

CHARGED_LATER = ("due", "declined", "authorised")
"""The job asks for it some day, unless a hold keeps it from that."""

WITH_GATEWAY = ("sent", "authorised", "capturing")
"""The gateway was asked, and the money is not taken yet."""

NOT_ANSWERED = ("sent", "capturing", "unknown")
"""A try at the gateway is not answered yet."""

NOT_PAID = (*NOT_ASKED, *STOPS_SHIPPING, "sent")
"""The money is neither taken nor reserved, and is still to come."""

REFUND_OPEN = ("draft", "due", "sent", "declined", "unknown")
"""Of a refund: the money is not given back yet, and may still be; ``draft``: it waits for somebody who approves it."""

GIVEN_UP = ("due", "declined", "failed", "billed")
"""A person may write it off (besides: one that is unknown, once nobody is asked about it any more)."""

OF_CARDS = ("sent", "authorised", "capturing", "declined", "failed", "unknown", "voided", "expired")
"""Only what is paid by card comes to this."""

OF_BILLS = ("billed", "paid")
"""Only what is bought on account comes to this."""

WITH_MONEY = ("captured", "paid")

NOT_COUNTED = ("cancelled", "voided", "expired")
"""These count in no sum of what is owed or paid."""

PURPOSES = ("order", "shipment", "ordinary", "refund")
"""What a payment is for: a whole order billed up front, a child, ordinary lines; or money given back."""

ATTEMPTS = ("authorise", "capture", "charge", "void", "refund")
OUTCOMES = ("approved", "declined", "unknown", "not_found")
"""What the gateway is asked, and how that ended; no outcome while it is not answered."""

WHILE_ASKED = {
    "authorise": ("sent", "unknown"),
    "charge": ("sent", "unknown"),
    "capture": ("capturing", "unknown"),
    "void": ("authorised", "unknown"),
    "refund": ("sent", "unknown"),
}
"""In which states a payment is while an attempt of that kind is not answered."""

DISPUTE = {
    "open": {"answered", "won", "lost"},
    "answered": {"open", "won", "lost"},
    "won": {"open", "lost"},
    "lost": {"open", "won"},
}
"""A charge that a customer does not accept: it waits for our answer, for the bank, or is decided. Gateways tell late and in any
order, and a bank may begin again."""

DISPUTE_GOES_ON = ("open", "answered")

EVENT_KINDS = ("payment", "refund", "card", "card_page", "dispute", "other")
"""What a gateway tells of by itself (the gateway contract)."""

CARD_CHANNELS = ("link", "desk")
"""How a customer stores a card on the gateway's page: by a link that was sent to them, or with a clerk on the telephone."""

CARD_LINK = ("open", "opened", "stored", "revoked", "expired")
"""A link by which a customer gives a card: ``opened`` once they have agreed and gone on to the gateway's page."""

CARD_LINK_OPEN = ("open", "opened")
"""It works still."""

# --- Messages to customers

NOTICE = {
    "off": set(),
    "queued": {"sending", "failed", "off"},
    "sending": {"sent", "queued", "failed", "unsure"},
    "sent": {"bounced"},
    "failed": set(),
    "unsure": {"sent", "bounced"},
    "bounced": set(),
}
"""A message: ``sending`` while the mail server has it and has not answered; ``unsure``: nobody knows whether it took it."""

NOTICE_ENDED = ("sent", "failed", "unsure", "bounced")
"""A message that is sent again only as a new one."""

NOTICE_GONE = ("sending", "sent", "unsure")
"""A message that its reader has, or may have."""

NOTICE_TELLS = ("queued", *NOTICE_GONE)
"""A message that its reader has, or is to get."""

NOTICE_MARKED = {"bounced": ("sent", "unsure"), "sent": ("unsure",)}
"""What a person says became of a message, and what it can be said of: it came back, it has arrived."""

# --- What workers are asked for

REQUEST = {
    "waiting": {"running", "stopped"},
    "running": {"done", "stopped", "refused", "failed"},
    "done": set(),
    "stopped": set(),
    "refused": set(),
    "failed": set(),
}
"""A job that a person, or a recurrence, asks the workers for."""

REQUEST_GOES_ON = ("waiting", "running")
"""A request that no worker has ended."""

TRANSFER_KINDS = ("bundle", "customers", "orders", "export")
"""What a file holds that comes in or goes out: a bundle, a sheet of customers or of orders, everything as a bundle."""

TRANSFER = {
    "brought": {"waiting"},
    "waiting": {"running", "stopped"},
    "running": {"done", "stopped", "refused", "failed"},
    "done": {"waiting"},
    "stopped": {"waiting"},
    "refused": {"waiting"},
    "failed": {"waiting"},
}
"""A file that came in, and what was asked of it: after a dry run, or when it was stopped, it may be asked for again."""

# --- Words that a person chooses among

PREPAID = ("check", "cash", "gift_card")
"""Methods that pay only what is billed up front without a payment schedule (D14)."""

COUNT_AT_INVOICE = ("cash", "gift_card")
"""Methods whose money is there when what it pays is invoiced; a check counts when a person has received it."""

METHODS = ("card", "on_account", *PREPAID)

PAY_A_SHARE = ("card", "gift_card", "on_account")
"""Methods among which the ordinary lines of an order may be split; any other one pays all of them."""

CATCH_UP = ("resume", "skip", "send", "merge")
"""What becomes of shipments that are late when an order does not wait any more (``desk.catch_up``)."""

ADJUSTMENTS = ("skip", "move", "redate", "substitute", "price", "quantity", "address", "merge", "add", "remove")
"""What a person may change of an occurrence."""

HOLD_PARTS = ("children", "sending", "invoicing", "charging")
"""What a hold may stop, each by itself: that a parent makes new children; that an order is sent; that it is invoiced; that
its money is asked for."""

_HOLD_WORDS = {"shipping": HOLD_PARTS[:3], "charging": HOLD_PARTS[3:], "both": HOLD_PARTS}

HOLD_STOPS = {
    next((word for word, parts in _HOLD_WORDS.items() if parts == some), "+".join(some)): some
    for many in range(1, len(HOLD_PARTS) + 1)
    for some in combinations(HOLD_PARTS, many)
}
"""Every word for what a hold stops, with its parts: ``sending``, ``sending+invoicing``; three of them have a name."""

HOLDS_STOP = tuple(HOLD_STOPS)
HOLDS_CHILDREN = tuple(word for word, parts in HOLD_STOPS.items() if "children" in parts)
HOLDS_SENDING = tuple(word for word, parts in HOLD_STOPS.items() if "sending" in parts)
HOLDS_INVOICING = tuple(word for word, parts in HOLD_STOPS.items() if "invoicing" in parts)
HOLDS_CHARGING = tuple(word for word, parts in HOLD_STOPS.items() if "charging" in parts)
"""The words of the holds that stop it."""


def hold_stops(said: str) -> str | None:
    """The word for what somebody says that a hold stops (``invoicing+sending`` is ``sending+invoicing``); None: it is none."""
    parts = {part for word in said.split("+") for part in HOLD_STOPS.get(word, ("",))}
    return next((word for word, its in HOLD_STOPS.items() if set(its) == parts), None)


REASON_ACTIONS = (
    "cancel", "hold", "skip", "move", "substitute", "price", "refund", "settle", "ship", "invoice",
)  # fmt: skip
"""The actions that take the code of a reason, by the names that they have in ``desk.actions``."""


ENDED_BY = ("customer", "merchant", "system")
"""Who ended an order, as the person says who cancels it."""


def may_follow(pairs: dict[str, set[str]], old: str, new: str) -> bool:
    """May a row go from the old state to the new one?"""
    return new in pairs.get(old, set())
