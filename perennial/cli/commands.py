"""The commands: their names, where each is written, and a line about each.

A table and nothing else, so that `perennial --help` and a mistyped word cost no import of Django.
"""

from __future__ import annotations

from keyword import iskeyword
from typing import NamedTuple


class Command(NamedTuple):
    """One command: the words that are typed, the module with its function, what it does."""

    name: str
    module: str
    does: str

    @property
    def function(self) -> str:
        """The name of its function in the module: the words, joined (``import_``)."""
        name = self.name.replace(" ", "_").replace("-", "_")
        return f"{name}_" if iskeyword(name) else name


def _group(module: str, *pairs: tuple[str, str]) -> list[Command]:
    return [Command(name, f"perennial.cli.{module}", does) for name, does in pairs]


GROUPS: dict[str, list[Command]] = {
    "The installation": _group(
        "installation",
        ("init", "make or open the installation: database, tables, secrets"),
        ("stop", "stop the embedded database server"),
        ("demo", "a company with eighteen months of orders, to look around in"),
        ("bench", "measure the nightly jobs on this machine"),
        ("serve", "start the web application; Ctrl-C ends it"),
        ("worker", "run what recurs and what pages ask for; Ctrl-C ends it"),
        ("payment-server", "Stripe's API without money, for tests and training; Ctrl-C ends it"),
        ("backup", "write everything into one file, while all goes on"),
        ("restore", "make a backup an installation again, where none is yet"),
    ),
    "People": _group(
        "people",
        ("people list", "who signs in to the web application, with their roles"),
        ("people add", "add somebody who signs in"),
        ("people change", "other roles, a new password, keep out or let in; help for whoever cannot get in"),
    ),
    "Bundles": _group(
        "bundles",
        ("import", "read a bundle of set-up, customers and orders, all or nothing"),
        ("export", "write everything as one bundle"),
    ),
    "Looking": _group(
        "looking",
        ("show order", "an order with its shipments, children and payments"),
        ("show orders", "every parent order, or those that fit"),
        ("show children", "the child orders, what ships first first"),
        ("show payments", "the payments, what is due first first"),
        ("show shipments", "the planned shipments of which no child is made yet"),
        ("show night", "the report of a night: due, done, waiting, money, how long"),
        ("show run", "what a run of a job touched: before and after"),
        ("show program", "a program and the event that is current"),
        ("show customer", "a customer with addresses, cards and orders"),
        ("show customers", "the customers whom all the words fit, whole"),
        ("search", "who is calling? The first customers and orders that fit"),
        ("preview", "what an order of a program would be, without writing it"),
    )
    + _group(
        "codes",
        ("show codes", "the codes that are set up: sources, reasons, holds"),
        ("show sources", "what became of the orders of each source code"),
    )
    + _group("cards", ("show cards", "the cards that will have ended by the day of a planned charge")),
    "Orders": _group(
        "orders",
        ("order start", "start a draft order with its first line"),
        ("order add", "add a line to a draft order"),
        ("order change", "change a line of a draft order"),
        ("order remove", "take a line out of a draft order"),
        ("order pay", "say how the ordinary lines of a draft order are paid"),
        ("order gift", "put a gift message, and no prices, into the parcels of an order"),
        ("order payer", "let another customer pay an order than the one who receives it"),
        ("order source", "say where an order comes from"),
        ("order submit", "open a draft order"),
        ("order accept", "note that the customer accepted the offer"),
        ("order cancel", "cancel an order, or a child that has not shipped"),
        ("order reinstate", "bring back a member who had stopped, from where they were"),
        ("order hold", "put an order on hold, or pause it until a day: no new shipment, nothing is charged"),
        ("order release", "release the holds of an order"),
        ("order undo", "take back the last change of a person, as long as nothing has used it"),
    )
    + _group(
        "shipments",
        ("order skip", "leave one shipment out"),
        ("order unskip", "send a skipped shipment after all"),
        ("order move", "move one shipment, or all from one on, to another day"),
        ("order substitute", "send another product instead"),
        ("order add-product", "send one more product with a shipment"),
        ("order remove-product", "leave a product out of a shipment"),
        ("order frequency", "how often a member gets it, and how many times in all"),
        ("order quantity", "change how many are sent"),
        ("order price", "change the price of a shipment"),
        ("order address", "send to another address"),
        ("order ship", "note that a child was sent, or the ordinary lines"),
        ("order track", "correct who carries what was sent, and under which number"),
        ("order invoice", "invoice what was sent: authorised payments are captured"),
    )
    + _group(
        "payments",
        ("order card", "pay with another stored card"),
        ("order payment-method", "pay an open order another way: by card, on account"),
        ("order split", "pay what is billed up front in several ways, by amount or percent"),
        ("order collect", "process the payments of an order at once"),
        ("order reprocess", "ask a card again that was declined, from the beginning and at once"),
        ("order authorise", "the bank has approved a payment on the telephone, by a code"),
        ("order decline", "a payment is declined for good: its card is not asked again"),
        ("order receive", "a check has come for what is owed"),
        ("order settle", "say how a payment ended of which nobody knows, or write it off"),
        ("order refund", "give back what was paid, whole or in part; approve what somebody wants to give back"),
        ("order dispute", "say that a charge is disputed, and how that ended"),
        ("card", "store a card that the gateway keeps"),
    )
    + _group(
        "card_links",
        ("card-link send", "ask a customer for a card by a link"),
        ("card-link list", "links by which customers give cards, and what became of them"),
        ("card-link revoke", "let a link work no more"),
    ),
    "Many orders at once": _group(
        "many",
        ("orders move", "move the first open shipment of many orders, or those of a file"),
        ("orders substitute", "send another product in the open shipments of many orders"),
        ("orders take-back", "take back what such a run has changed, where nothing has used it"),
    ),
    "Printing": _group(
        "printing",
        ("print slip", "the packing slips of child orders, as a PDF"),
        ("print pick-list", "what is to be packed on a day, by product and by parcel, as a PDF"),
        ("print confirmation", "what was agreed with the customer, as a PDF"),
        ("print evidence", "what speaks for a charge that is disputed, as a PDF"),
    ),
    "Customers": _group(
        "customers",
        ("customer add", "add a customer"),
        ("customer change", "change name, e-mail address, telephone, language, buying on account"),
        ("customer address", "add an address, or change one"),
        ("note customer", "write down what is to be known of a customer"),
        ("note order", "write down what is to be known of an order"),
    )
    + _group("cards", ("customer cards", "take in the cards of a customer that a gateway keeps already")),
    "Messages": _group(
        "notices",
        ("notices list", "the messages to customers, the newest first"),
        ("show message", "a message as it was sent"),
        ("notices kinds", "the kinds of messages, on or off"),
        ("notices start", "tell customers what is on, from now on"),
        ("notices stop", "tell customers nothing; what is queued waits"),
        ("notices on", "tell customers of this from now on"),
        ("notices off", "do not tell customers of this any more"),
        ("notices text", "what is said of a kind in a language; say it in your own words"),
        ("notices preview", "a message for an order, without sending it"),
        ("notices send", "send what is due"),
        ("notices again", "send a message again"),
        ("notices bounced", "note that a message came back"),
        ("notices arrived", "note that an unsure message has arrived"),
    ),
    "Programs": _group(
        "programs",
        ("program preview", "what the draft would change on open orders, counted and kept"),
        ("program apply", "release the draft as it was previewed, and let open orders follow it"),
        ("program release", "make the draft the program for new orders"),
        ("program discard", "drop the draft"),
        ("program copy", "make a new program of an existing one"),
        ("program activate", "allow new orders of a program"),
        ("program retire", "allow no new orders of a program"),
    ),
    "Tariffs": _group(
        "tariffs",
        ("tariff list", "the tax rates and delivery charges, version by version, with the open orders that keep each"),
        ("tariff preview", "what a tariff would mean for open orders: who would pay more, from when"),
        ("tariff apply", "let open orders follow the newest tariff"),
    ),
    "Jobs": _group(
        "jobs",
        ("job", "run one of the six jobs; alone: list them with what is due"),
        ("night", "run all six jobs in order"),
        ("simulate", "let days pass: ship and invoice what may ship, then the night"),
        ("parked", "what the jobs could not do"),
        ("parked retry", "let the jobs try a parked order again"),
    )
    + _group(
        "recurrences",
        ("recurrence list", "what runs by itself, and when next"),
        ("recurrence set", "let a job, or the night, run by itself at a time of day"),
        ("recurrence remove", "a job, or the night, does not run by itself any more"),
    )
    + _group("pictures", ("pictures", "work out the figures of the pictures at once; every night does so"))
    + _group(
        "money",
        ("money differences", "compare our money with the gateway's own book"),
    )
    + _group(
        "checking",
        ("check", "check that the data holds together"),
        ("check once", "check that every occurrence, child and charge is there once"),
        ("watch", "what somebody should look at, for cron and monitors"),
    ),
}

COMMANDS: dict[str, Command] = {command.name: command for group in GROUPS.values() for command in group}

FIRST_WORDS: list[str] = list(dict.fromkeys(name.split()[0] for name in COMMANDS))
"""The first words of all commands, in the order of the table."""


def find(words: list[str]) -> tuple[Command, list[str]] | None:
    """The command that these words begin with, the longest that fits, and what is left of them."""
    for length in (2, 1):
        command = COMMANDS.get(" ".join(words[:length])) if len(words) >= length else None
        if command is not None:
            return command, words[length:]
    return None


def beginning_with(word: str) -> list[Command]:
    """The commands whose first word this is."""
    return [command for command in COMMANDS.values() if command.name.split()[0] == word]
