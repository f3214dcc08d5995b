"""`tariff …`: what is set up of taxes and delivery charges, version by version, and which open orders follow it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from perennial.cli.output import document, facts, outcome, say, section, sentence, table
from perennial.cli.parser import Given, Parser, Run, on, whole

if TYPE_CHECKING:
    from perennial.desk.read.tariffs import TariffPreview


def tariff_list(p: Parser) -> Run:
    """Every tariff, the newest first."""

    def run(given: Given) -> int:
        from perennial.desk.read.tariffs import tariffs
        from perennial.desk.tariff_document import tariff_json

        found = [tariff_json(one) for one in tariffs()]
        if given.json:
            document(found)
            return 0
        names = (
            "tariff",
            "orders",
            "made_on",
            "made_by",
            "made_because",
            "prices_include_tax",
            "applied_on",
            "applied_by",
        )
        table([name.replace("_", " ") for name in names], ([one[name] for name in names] for one in found))
        return 0

    return run


def tariff_preview(p: Parser) -> Run:
    """What a tariff would mean for open orders."""
    p.add_argument("--number", type=whole, metavar="N", help="which (left out: the newest)")

    def run(given: Given) -> int:
        from perennial.catalog.queries import today
        from perennial.desk.read import tariffs
        from perennial.desk.tariff_document import tariff_preview_json

        found = tariffs.tariff_preview(given.number, on=today())
        if given.json:
            document(tariff_preview_json(found))
        else:
            said(found)
        return 0

    return run


def tariff_apply(p: Parser) -> Run:
    """Open orders follow the newest tariff."""
    p.who()

    def run(given: Given) -> int:
        from perennial.cli.parser import who
        from perennial.desk import tariffs as desk
        from perennial.desk.read import tariffs

        done = desk.apply(**who(given))
        outcome(done, given)
        if not given.json:
            count = tariffs.tariff_preview(done["tariff"], on=on(given), examples=0).orders
            say(sentence("outcome", "orders_follow_tariff", count=count, tariff=done["tariff"]))
        return 0

    return run


def said(found: TariffPreview) -> None:
    """What a tariff would mean, in words, with the first of the orders that would pay something else."""
    from perennial.desk.tariff_document import tariff_preview_json

    whole_ = tariff_preview_json(found)
    examples: list[dict[str, Any]] = whole_.pop("examples")
    facts(whole_)
    if examples:
        section(sentence("outcome", "for_example"))
        table([name.replace("_", " ") for name in examples[0]], (list(one.values()) for one in examples), "  ")
