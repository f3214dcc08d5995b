"""What the commands print with --json has the keys, in the order, that the contract's table says."""

from __future__ import annotations

import io
import json
import re
from contextlib import nullcontext
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import override_settings

from perennial.catalog.models import Company, DeliveryMode, SourceCode
from perennial.catalog.tariffs import follow_set_up
from perennial.cli import main
from perennial.cli.commands import COMMANDS
from perennial.continuity.models import ContinuityOrder, Parked
from perennial.customers.models import Customer, StoredCard
from perennial.notices.models import Notice
from perennial.payments import gateways
from perennial.payments.models import Dispute, Payment
from perennial.payments.noted import note_all
from perennial.programs.draft import remove_event
from tests.cli.contract_page import ELSEWHERE, PAGE
from tests.processes import perennial
from tests.worlds.book_club import ORDERED, club, order
from tests.worlds.card_pages import Paying

Captured = pytest.CaptureFixture[str]


def rows() -> dict[str, list[str]]:
    """The keys that the table says, by what stands in its first cell; what is said in brackets is none of them."""
    lines = PAGE[PAGE.index("| command | prints, in this order |") :].splitlines()[2:]
    found = {}
    for line in lines[: next(at for at, line in enumerate(lines) if not line.startswith("|"))]:
        first, second = (cell.strip() for cell in line.strip("|").split(" | "))
        keys = re.findall(r"`([a-z_0-9]+)`", re.sub(r"\(.*?\)", "", second))
        *others, last = first.replace("`", "").split(", ")
        _, of, what = last.partition(" of ")
        found |= dict.fromkeys((*(f"{other}{of}{what}" for other in others), last), keys)
    return found


ROWS = rows()
#: Commands whose JSON the page tells in words, or of which a test of their own holds it.
IN_WORDS = {"import", "preview", "search", "night", "parked", "check", "check once"}


def test_the_json_of_every_command_is_told() -> None:
    told = {name for name in COMMANDS if any(row.split(" of ")[0].startswith(name) for row in ROWS)}
    shown = {name for name in COMMANDS if name.startswith("show ")}
    assert set(COMMANDS) - told - shown - IN_WORDS == ELSEWHERE
    assert [name for name in IN_WORDS | shown if f"`{name}" not in PAGE and f"`perennial {name}" not in PAGE] == []


def holds(row: str, value: Any) -> None:
    """The keys are those of the row, and behind them only such as the page names elsewhere."""
    keys, printed = ROWS[row], list(value)
    assert printed[: len(keys)] == keys, row
    assert [key for key in printed[len(keys) :] if f"`{key}`" not in PAGE] == [], row


def captured_part(child: str) -> dict[str, Any]:
    """A second payment of a child, which a card has paid already."""
    first = Payment.objects.get(order__number=child, number=1, purpose="shipment")
    same = {name: getattr(first, name) for name in ("order", "customer", "card", "currency", "purpose", "due_on")}
    taken = {"amount_minor": 500, "captured_minor": 500, "status": "captured", "gateway": "sandbox"}
    return {**same, **taken, "number": 2, "method": "card", "gateway_ref": "ch_1"}


#: One after the other, on 11 March: which row of the table, and what is typed. SO-000001 is a draft, SO-000002 awaits
#: acceptance, SO-000003 and SO-000004 are open.
PLAYED = [
    ("order add", "order add SO-000001 --item 0013 --quantity 2 --pay card,tok_visa"),
    ("recurrence set", "recurrence set night --at 02:00"),
    ("recurrence list: each", "recurrence list"),
    ("recurrence remove", "recurrence remove night --at 02:00"),
    ("pictures", "pictures"),
    ("order change", "order change SO-000001 --line 2 --quantity 3"),
    ("order pay", "order pay SO-000001 --pay card,tok_visa,40% --pay card,tok_visa,60%"),
    ("order remove", "order remove SO-000001 --line 2 --pay card,tok_visa"),
    ("order submit", "order submit SO-000001"),
    ("order accept", "order accept SO-000002"),
    ("order skip", "order skip SO-000003 --shipment 2"),
    ("order unskip", "order unskip SO-000003 --shipment 2"),
    ("order undo", "order undo SO-000003"),
    ("order move", "order move SO-000003 --shipment 2 --to 2026-04-20"),
    ("order substitute", "order substitute SO-000003 --shipment 2 --item 0015"),
    ("orders substitute", "orders substitute --product 0015 --item 0014 --customer C-1 --yes-on 2026-03-11"),
    ("order quantity", "order quantity SO-000003 --quantity 2"),
    ("order price", "order price SO-000003 --shipment 2 --price 9.95"),
    ("order card", "order card SO-000003 --token tok_visa"),
    ("order address", "order address SO-000003 --to home --shipment 2"),
    ("order frequency", "order frequency SO-000004 --days 40"),
    ("order add-product", "order add-product SO-000004 --shipment 2 --item 0013 --price 1.00"),
    ("order remove-product", "order remove-product SO-000004 --shipment 2 --item 0013"),
    ("order payment-method", "order payment-method SO-000004 --method card --card tok_visa"),
    ("order payer", "order payer SO-000004 --account C-1 --method card --card tok_visa"),
    ("orders move", "orders move --program BOM --by-days 3"),
    ("orders take-back", "orders take-back {run}"),
    ("order hold", "order hold SO-000003 --reason sick"),
    ("order release", "order release SO-000003"),
    ("order gift", "order gift SO-000003 --message enjoy"),
    ("order source", "order source SO-000003 --source-code WEB"),
    ("show codes", "show codes"),
    ("show sources: each", "show sources"),
    ("order ship of ordinary lines", "order ship SO-000003"),
    ("order invoice of ordinary lines", "order invoice SO-000003"),
    ("order start", "order start C-1 --item 0013 --card tok_visa"),
    ("job without a name", "job"),
    ("simulate", "simulate --from 2026-03-11 --to 2026-03-11"),
    ("order ship of a child", "order ship SO-000003-1-001 --on 2026-03-11"),
    ("order track", "order track SO-000003-1-001 --tracking 1Z --on 2026-03-11"),
    ("order invoice of a child", "order invoice SO-000003-1-001 --on 2026-03-11"),
    ("order collect", "order collect SO-000004-1-001 --on 2026-03-11"),
    ("order refund", "order refund SO-000003-1-001 --reason torn --amount 1.00 --on 2026-03-11"),
    ("order dispute", "order dispute SO-000003-1-001 --as open --payment 2 --reason fraudulent --on 2026-03-11"),
    ("order receive", "order receive SO-000003-1-001 --check 417 --amount 7.00 --on 2026-03-11"),
    ("order settle", "order settle SO-000003-1-001 --as written-off --reason goodwill --on 2026-03-11"),
    ("money differences", "money differences"),
    ("order decline", "order decline SO-000003-1-001 --part 4 --reason asked --on 2026-03-11"),
    ("order authorise", "order authorise SO-000003-1-001 --part 4 --code A1 --reason telephone --on 2026-03-11"),
    ("order reprocess", "order reprocess SO-000003-1-001 --part 5 --on 2026-03-11"),
    ("order cancel of a child", "order cancel SO-000004-1-001 --on 2026-03-11"),
    ("order cancel --after", "order cancel SO-000003 --after 1 --on 2026-03-11"),
    ("order cancel of an order", "order cancel SO-000001 --on 2026-03-11"),
    ("order reinstate", "order reinstate SO-000001 --on 2026-03-11"),
    ("card", "card C-1 --token tok_two --brand visa --last4 1881 --exp 12/2031"),
    ("customer cards", "customer cards C-1 --at cus_C-1"),
    ("card-link send", "card-link send C-1 --show --replaces tok_visa"),
    ("card-link list: each", "card-link list --customer C-1"),
    ("card-link revoke", "card-link revoke {link}"),
    ("parked retry", "parked retry SO-000004"),
    ("customer add", "customer add C-9 --name Leo"),
    ("customer change", "customer change C-9 --phone 5550199"),
    ("customer address", "customer address C-9 --code home --street 7-Pine --city Troy --postcode 12180 --country US"),
    ("note customer", "note customer C-9 --text later"),
    ("note order", "note order SO-000003 --text present"),
    ("program copy", "program copy BOM BOM2"),
    ("program activate", "program activate BOM2"),
    ("program retire", "program retire BOM2"),
    ("tariff list: each", "tariff list"),
    ("tariff preview", "tariff preview"),
    ("tariff apply", "tariff apply"),
    ("order split", "order split SO-000004 --pay gift_card,25% --pay card --card tok_visa"),
    ("notices kinds: each", "notices kinds"),
    ("notices stop", "notices stop"),
    ("notices start", "notices start"),
    ("notices on", "notices on shipped"),
    ("notices off", "notices off bill"),
    ("notices text", "notices text shipped en"),
    ("notices preview", "notices preview shipment_ahead SO-000004"),
    ("notices send", "notices send"),
    ("notices list: each", "notices list --status sent"),
    ("show message", "show message 901"),
    ("notices again", "notices again 901"),
    ("notices bounced", "notices bounced 901"),
    ("notices arrived", "notices arrived 902"),
    ("init", "init"),
]


@pytest.mark.django_db(transaction=True)
@override_settings(PERENNIAL_TODAY=date(2026, 3, 11))
def test_what_commands_print(capsys: Captured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def typed(words: str) -> Any:
        assert main.main([*words.split(), "--json"]) == 0, capsys.readouterr().err
        return json.loads(capsys.readouterr().out)

    club()
    for fields in ({"submit": False}, {"acceptance_required": True}, {}, {}):
        entered = order(**fields)
    (parked,) = entered.continuity_order_ids
    SourceCode.objects.create(code="WEB")
    played = {"restore"}  # in tests/backup
    played |= {"export FILE", "stop", "payment-server", "program release", "program discard", "simulate: each of jobs"}
    told = {"customer": Customer.objects.get(), "kind": "card_expired", "on_date": ORDERED}
    Notice.objects.create(pk=901, card_id=1, status="queued", **told)
    Notice.objects.create(pk=902, card_id=2, status="unsure", **told)
    Company.objects.update(notices_on=True, from_email="club@example.com")
    monkeypatch.setattr(settings, "PERENNIAL_HOME", tmp_path)
    monkeypatch.setattr(settings, "PERENNIAL_URL", "https://club.example.com")
    with_pages = Paying(tmp_path)
    with_pages.open_pages()
    with_pages.store("page-0")
    run = link = 0
    for row, words in PLAYED:
        if row == "parked retry":
            Parked.objects.create(continuity_order_id=parked, job="extend-lines", reason="x", on_date=ORDERED)
        if row == "order refund":  # another part of it was taken
            Payment.objects.create(**captured_part("SO-000003-1-001"))
        if row == "order decline":  # parts of it that a card owes
            owed = {"captured_minor": 0, "gateway": None, "gateway_ref": None}
            for number, status in ((4, "due"), (5, "failed")):
                Payment.objects.create(**captured_part("SO-000003-1-001") | owed | {"number": number, "status": status})
        if row == "order split":
            ContinuityOrder.objects.filter(order__number="SO-000004").update(upfront=True)
        if row == "order receive":  # another part of it is to be paid by check
            to_come = {"method": "check", "status": "due", "amount_minor": 700, "captured_minor": 0, "card": None}
            Payment.objects.create(
                **captured_part("SO-000003-1-001") | {"number": 3, "gateway": None, "gateway_ref": None} | to_come
            )
        if row == "tariff preview":  # delivery costs more by now
            DeliveryMode.objects.update(charge_minor=695)
            follow_set_up(on=ORDERED, by="test")
        with gateways.use(with_pages) if row.startswith(("card-link", "customer cards")) else nullcontext():
            found = typed(words.format(run=run, link=link))
        if row == "customer cards":
            holds("customer cards: each of cards", found["cards"][0])
            played.add("customer cards: each of cards")
        if row == "card-link send":
            link = found["link"]
            holds("card-link send: each of pays", found["pays"][0])
            played.add("card-link send: each of pays")
        run = found["run"] if row == "orders move" else run
        holds(row, found[0] if isinstance(found, list) else found)
        if row == "simulate":
            holds("simulate: each of jobs", found["jobs"][0])
        if row == "tariff preview":
            holds("tariff preview: each of examples", found["examples"][0])
            played.add("tariff preview: each of examples")
        if row == "order refund":
            holds("order refund: each of refunds", found["refunds"][0])
            played.add("order refund: each of refunds")
        if row == "order split":
            holds("order split: each of shares", found["shares"][0])
            played.add("order split: each of shares")
        if row == "order collect":
            holds("order collect: each of payments", found["payments"][0])
            played.add("order collect: each of payments")
        played.add(row)
    StoredCard.objects.update(expires_on=date(2026, 3, 31))
    note_all()
    assert main.main(["show", "cards", "--json"]) == 0
    holds("show cards: each", json.loads(capsys.readouterr().out.splitlines()[0]))
    played.add("show cards: each")
    holds("export FILE", typed(f"export {tmp_path / 'all.json'}"))
    holds("backup", typed(f"backup {tmp_path}"))
    played.add("backup")
    dispute = Dispute.objects.get().pk
    for words in (
        "print slip SO-000003-1-001",
        "print confirmation SO-000003",
        "print pick-list",
        f"print evidence {dispute}",
    ):
        name = " ".join(words.split()[:2])
        holds(name, typed(f"{words} --out {tmp_path / 'paper.pdf'}"))
        played.add(name)
    assert main.main(["check", "--deploy", "--json"]) == 1  # something is unsafe
    holds("check --deploy", json.loads(capsys.readouterr().out))
    played.add("check --deploy")
    main.main(["watch", "--json"])  # what there is to look at, its exit status says
    holds("watch", json.loads(capsys.readouterr().out))
    played.add("watch")
    for words in ("add nina --role administrator", "change nina --name Nina", "list"):
        monkeypatch.setattr("sys.stdin", io.StringIO("seven green bottles\n"))
        name = f"people {words.split()[0]}"
        found = typed(f"people {words}")
        holds(name, found[0] if isinstance(found, list) else found)
        played.add(name)
    for action in ("release", "discard"):
        remove_event(schedule_id="BOM", key="E3" if action == "release" else "E2", by="anna")
        holds(f"program {action}", typed(f"program {action} BOM"))
    remove_event(schedule_id="BOM", key="E2", by="anna")
    counted = typed("program preview BOM")
    holds("program preview", counted)
    holds("program preview: each of groups", counted["groups"][0])
    holds("program apply", typed("program apply BOM --letters"))
    played |= {"program preview", "program preview: each of groups", "program apply"}
    stopped = perennial("stop", "--json", home=tmp_path / "home")
    holds("stop", json.loads(stopped.stdout))
    ran = perennial("payment-server", "--port", "0", "--ends-with-input", "--json", home=tmp_path / "home", input="")
    assert (ran.returncode, list((tmp_path / "home" / "payment-server").iterdir()) != []) == (0, True)
    holds("payment-server", json.loads(ran.stdout))
    assert played == set(ROWS)
