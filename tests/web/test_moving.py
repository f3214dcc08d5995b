"""Files that move in and out on the pages: brought, tried, in by a worker; what is refused leaves nothing behind."""

from __future__ import annotations

import io
import json
import os
import stat
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from perennial.bundle.load.importer import import_bundle
from perennial.customers.models import Customer
from perennial.db import sql
from perennial.errors import Refused
from perennial.moving import performing, transfers
from perennial.moving.models import Transfer
from perennial.orders.models import SalesOrder
from tests.web.asked import always
from tests.web.test_exports import taken
from tests.worlds.card_number import card_number
from tests.worlds.people import people, signed_in
from tests.worlds.sheets import CUSTOMERS, ON, ORDERS, SET_UP, club

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "/setup/moving-in"
Bring = Callable[..., Any]


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    """The folder of the files."""
    settings.PERENNIAL_TODAY, settings.PERENNIAL_HOME = ON, tmp_path
    settings.PASSWORD_HASHERS = ["tests.worlds.people.QuickArgon2"]
    club()
    return tmp_path / "moving"


def bring(client: Client, kind: str, content: str | bytes, name: str = "members.csv", **more: str) -> Any:
    data = content if isinstance(content, bytes) else content.encode()
    return client.post(PAGE, {"kind": kind, **more, "file": SimpleUploadedFile(name, data, "image/png")})


def newest() -> Transfer:
    return Transfer.objects.latest("pk")


def queued() -> int:
    return int(sql.value("select count(*) from procrastinate_jobs where task_name = 'transfer' and status = 'todo'"))


def chosen(transfer: Transfer) -> dict[str, str]:
    """The form of the mapping as the page draws it."""
    assert transfer.mapping is not None
    made = transfer.mapping["mapping"]
    return {
        **{f"column_{name}": column for name, column in made["columns"].items()},
        **{name: made[name] or "" for name in ("encoding", "separator", "dates", "decimals")},
    }


def files(folder: Path) -> list[str]:
    return sorted(os.listdir(folder)) if folder.exists() else []


def test_customers_and_orders_come_in_by_clicks_each_once(folder: Path) -> None:
    manager = signed_in("manager")
    for kind, text in (("customers", CUSTOMERS), ("orders", ORDERS)):
        answer = bring(manager, kind, text)
        one = newest()
        page = f"{PAGE}/{one.pk}"
        assert answer["Location"] == page
        (name,) = files(folder)
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600
        assert "to look at" in manager.get(page).content.decode().lower()
        form = chosen(one)
        for _ in range(2):  # two clicks
            answer = manager.post(f"{page}/mapping", form)
        assert queued() == 1
        sql.execute("delete from procrastinate_jobs")
        assert "Waits for a worker" in manager.get(f"{page}/progress", HTTP_HX_REQUEST="true").content.decode()
        performing.perform(one.pk)
        assert manager.get(f"{page}/progress", HTTP_HX_REQUEST="true")["HX-Refresh"] == "true"
        assert "What would come in" in manager.get(page).content.decode()
        assert not (Customer if kind == "customers" else SalesOrder).objects.exists()
        for _ in range(2):
            manager.post(f"{page}/ask", {"dry": "0"})
        assert queued() == 1
        sql.execute("delete from procrastinate_jobs")
        performing.perform(one.pk)
        report = newest().report
        assert report is not None
        assert report["document"]["new"][kind] == 2
        performing.perform(one.pk)  # once more by another worker
        manager.post(f"{page}/ask", {"dry": "0"})
        assert queued() == 0
        assert newest().report == report
        assert files(folder) == []
        assert newest().mapping["first"] == []  # type: ignore[index]
        shown = manager.get(page).content.decode()
        assert "Came in" in shown
        assert "b-in" not in shown
    assert (Customer.objects.count(), SalesOrder.objects.filter(parent=None).count()) == (2, 2)
    # the next file of the kind is read as this one was
    bring(manager, "orders", ORDERS.replace("Ordered on", "Since"))
    assert "order_date" not in newest().mapping["mapping"]["columns"]  # type: ignore[index]
    bring(manager, "orders", ORDERS)
    assert newest().mapping["mapping"]["dates"] == "month_first"  # type: ignore[index]


def test_faults_stand_by_row_and_column_and_as_a_file(folder: Path) -> None:
    manager = signed_in("manager", language="it")
    rows = "".join(f"C-{n},Italia,=1+1\n" for n in range(250))
    bring(manager, "customers", f"Codice,Paese,Nome\n{rows}")
    one = newest()
    manager.post(f"{PAGE}/{one.pk}/mapping", chosen(one))
    performing.perform(one.pk)
    with CaptureQueriesContext(connection) as many:
        page = manager.get(f"{PAGE}/{one.pk}").content.decode()
    assert "250 errori" in page
    assert page.count('<th scope="row"') == 100
    assert "non è un paese" in page
    assert "?from=100" in page
    assert (
        '<th scope="row" class="n" data-l="Riga">102</th>' in manager.get(f"{PAGE}/{one.pk}?from=100").content.decode()
    )
    sheet = taken(manager, f"{PAGE}/{one.pk}/faults.csv")
    assert (len(sheet), sheet[0]["Riga"], sheet[0]["Colonna"]) == (250, "2", "Paese")
    assert not Customer.objects.exists()
    assert manager.post(f"{PAGE}/{one.pk}/ask", {"dry": "0"}).status_code == 422
    bring(manager, "customers", "Codice,Paese\nC-1,Italia\n")
    few = newest()
    manager.post(f"{PAGE}/{few.pk}/mapping", chosen(few))
    performing.perform(few.pk)
    with CaptureQueriesContext(connection) as one_fault:
        manager.get(f"{PAGE}/{few.pk}")
    assert always(one_fault) == always(many)


def test_a_mapping_with_a_fault_stays_in_the_form_and_cells_may_be_parted_otherwise() -> None:
    manager = signed_in("manager")
    bring(manager, "customers", "Code|Name\nC-1|Ada, Marco\n")
    one = newest()
    answer = manager.post(f"{PAGE}/{one.pk}/mapping", {"separator": ",", "encoding": "utf-8"})
    assert answer.status_code == 422
    assert 'aria-describedby="e-account"' in answer.content.decode()
    answer = manager.post(f"{PAGE}/{one.pk}/mapping", {"separator": "|", "encoding": "utf-8"})
    assert answer.status_code == 422  # no separator of ours
    assert manager.post(f"{PAGE}/{one.pk}/mapping", {"separator": ";", "encoding": "utf-16"}).status_code == 422
    answer = manager.post(f"{PAGE}/{one.pk}/mapping", {"separator": ";", "column_account": "Code|Name", "dates": "odd"})
    assert answer.status_code == 422
    bring(manager, "customers", "Code;Name,x\nC-1;Ada\n")
    one = newest()
    answer = manager.post(f"{PAGE}/{one.pk}/mapping", {"separator": ",", "column_account": "Code"})
    assert answer.status_code == 302
    assert newest().status == "brought"
    assert newest().mapping["columns"] == ["Code;Name", "x"]  # type: ignore[index]


@pytest.mark.parametrize(
    ("kind", "content", "said"),
    [
        ("customers", b"PK\x03\x04 a workbook", "workbook"),
        ("orders", b"\x89PNG\r\n\0\0", "no text"),
        ("bundle", b"account,name\n", "no bundle"),
        ("bundle", b"", "empty"),
        ("customers", f"account,old\nC-1,{card_number()}\n".encode(), "card numbers"),
        ("export", b"{}", "kind"),
        ("../x", b"{}", "kind"),
    ],
)
def test_a_file_of_a_wrong_kind_leaves_nothing(folder: Path, kind: str, content: bytes, said: str) -> None:
    answer = bring(signed_in("manager"), kind, content)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert files(folder) == []
    assert not Transfer.objects.exists()


def test_nobody_else_writes_to_the_disk(folder: Path, settings: Any) -> None:
    people()
    for client in (signed_in("clerk"), signed_in("finance"), Client(SERVER_NAME="127.0.0.1")):
        assert bring(client, "bundle", "{}").status_code in (302, 403)
    manager = signed_in("manager")
    file = SimpleUploadedFile("x.json", b"{}")
    manager.post("/setup/company", {"file": file})  # another address
    manager.post(f"{PAGE}/export", {"file": SimpleUploadedFile("x.json", b"{}")})
    strict = Client(SERVER_NAME="127.0.0.1", enforce_csrf_checks=True)
    strict.cookies = manager.cookies
    assert bring(strict, "bundle", "{}").status_code == 403
    settings.PERENNIAL_UPLOAD_MB = 1
    answer = bring(manager, "bundle", b"{" + b" " * 1024**2)
    assert answer.status_code == 422
    assert "larger than 1 MB" in answer.content.decode()
    answer = manager.post(PAGE, {"kind": "bundle"})
    assert answer.status_code == 422
    assert files(folder) == []
    assert not Transfer.objects.exclude(kind="export").exists()


def test_the_same_click_brings_one_file_and_its_name_chooses_nothing(folder: Path) -> None:
    manager = signed_in("administrator")
    first, second = (bring(manager, "bundle", "{}", "../../etc/pass\twd", key="bring-1") for _ in range(2))
    assert first["Location"] == second["Location"]
    assert len(files(folder)) == 1
    assert newest().name == "passwd"
    manager.post(f"{PAGE}/{newest().pk}/drop")
    assert files(folder) == []
    assert manager.post(f"{PAGE}/{newest().pk}/ask", {"dry": "1"}).status_code == 422


@pytest.mark.parametrize("after_others", [False, True])
def test_a_bundle_with_a_card_number_is_not_kept(folder: Path, after_others: bool) -> None:
    manager = signed_in("manager")
    odd = [{"account": f"C-{n}", "name": "Ada", "odd": 1} for n in range(2, 1100)]  # more faults than are kept
    carded = {"account": "C-1", "name": f"Ada {card_number()}"}
    bring(manager, "bundle", json.dumps({"customers": [*odd, carded] if after_others else [carded]}))
    manager.post(f"{PAGE}/{newest().pk}/ask", {"dry": "1"})
    performing.perform(newest().pk)
    assert newest().status == "refused"
    if not after_others:
        assert "customers[0].name" in manager.get(f"{PAGE}/{newest().pk}").content.decode()
    assert files(folder) == []


def test_what_is_no_json_is_told(folder: Path) -> None:
    manager = signed_in("manager")
    bring(manager, "bundle", '{"customers": [')
    manager.post(f"{PAGE}/{newest().pk}/ask", {"dry": "1"})
    performing.perform(newest().pk)
    assert "line 1" in manager.get(f"{PAGE}/{newest().pk}").content.decode()


def test_stopped_while_it_waits_and_while_it_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    manager = signed_in("manager")
    bring(manager, "bundle", json.dumps({"customers": [{"account": "C-1"}]}))
    number = newest().pk
    manager.post(f"{PAGE}/{number}/ask", {"dry": "1"})
    manager.post(f"{PAGE}/{number}/stop")
    performing.perform(number)
    assert newest().status == "stopped"

    def stop() -> None:
        transfers.stop(number, by="manager")
        connection.close()

    def stopped(**given: Any) -> Any:
        somebody = Thread(target=stop)
        somebody.start()
        somebody.join()
        return import_bundle(**given)

    monkeypatch.setattr(performing, "import_bundle", stopped)
    manager.post(f"{PAGE}/{number}/ask", {"dry": "1"})
    performing.perform(number)
    assert (newest().status, newest().stopped_by) == ("stopped", "manager")
    assert not Customer.objects.exists()
    assert "Stopped by manager" in manager.get(f"{PAGE}/{number}").content.decode()


def test_everything_goes_out_once_for_who_may_and_for_a_day(folder: Path) -> None:
    manager = signed_in("manager")
    first, second = (manager.post(f"{PAGE}/export")["Location"] for _ in range(2))
    assert first == second
    assert queued() == 1
    assert manager.get(f"{first}/file").status_code == 422
    performing.perform(newest().pk)
    (name,) = files(folder)
    assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600
    answer = manager.get(f"{first}/file")
    assert "attachment" in answer["Content-Disposition"]
    content = b"".join(answer.streaming_content)  # type: ignore[arg-type]
    assert json.loads(content)["company"]["name"] == "Aurora"
    import_bundle(file=io.BytesIO(content), by="test", dry_run=True)
    assert signed_in("clerk").get(f"{first}/file").status_code == 403
    Transfer.objects.update(brought_at=timezone.now() - timedelta(days=1, minutes=1))
    (folder / "left").write_text("by a worker that was killed")
    os.utime(folder / "left", (0, time.time() - 2 * 86_400))
    transfers.clear_away()
    assert files(folder) == []
    assert manager.get(f"{first}/file").status_code == 422


def test_a_file_on_another_machine_waits_for_a_worker_there(folder: Path) -> None:
    manager = signed_in("manager")
    bring(manager, "bundle", "{}")
    manager.post(f"{PAGE}/{newest().pk}/ask", {"dry": "1"})
    (name,) = files(folder)
    (folder / name).rename(folder / "elsewhere")
    with pytest.raises(performing.Later):
        performing.perform(newest().pk)
    assert newest().status == "waiting"
    Transfer.objects.update(brought_at=timezone.now() - timedelta(days=2))
    performing.perform(newest().pk)
    assert newest().status == "refused"


def test_a_bundle_says_how_far_it_is() -> None:
    told: list[tuple[str, int, int]] = []
    content = {**SET_UP, "customers": [{"account": f"C-{n}"} for n in range(3)]}
    import_bundle(
        file=io.BytesIO(json.dumps(content).encode()), by="test", dry_run=True, progress=lambda *how: told.append(how)
    )
    assert told == [("reading", 0, 0), ("customers", 0, 3)]
    with pytest.raises(Refused):
        transfers.transfer_status(99)
