"""Products as a file: out, looked at, and taken in."""

from __future__ import annotations

import csv
import html
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client

from perennial.catalog.models import Price, Product
from perennial.db import sql
from perennial.moving import performing
from perennial.moving.models import Transfer
from perennial.web.pages import product_file
from tests.web.test_order import Desk, text_of
from tests.worlds.bundle import put


def send(client: Client, content: str | bytes, **more: str) -> HttpResponse:
    data = content.encode() if isinstance(content, str) else content
    file = SimpleUploadedFile("products.csv", data, "text/csv")
    return client.post("/setup/products-file", {"file": file, **more}, HTTP_HX_REQUEST="true")  # type: ignore[return-value]


def agreed_to(answer: HttpResponse) -> str:
    found = re.search(r'name="agreed" value="(\w+)"', answer.content.decode())
    assert found, text_of(answer.content.decode())
    return found[1]


def figures(answer: HttpResponse) -> list[int]:
    """New, changed, the same."""
    return [int(one) for one in re.findall(r"<dd>(\d+)</dd>", answer.content.decode())]


def test_products_go_to_a_file_and_come_back_the_same(at_desk: Desk) -> None:
    put(
        {
            "products": [
                {"number": "=1+1", "name": "@sum", "prices": [{"price": "1"}, {"price": "2", "from": "2026-06-01"}]}
            ]
        }
    )
    for language in ("en", "it"):
        manager = at_desk("manager", language=language)
        content = b"".join(manager.get("/setup/products.csv").streaming_content)  # type: ignore[attr-defined]
        assert b"'=1+1" in content
        assert b"'@sum" in content
        looked = send(manager, content, do="look")
        assert figures(looked) == [0, 0, Product.objects.count()]


def test_a_file_is_looked_at_then_taken_in(at_desk: Desk) -> None:
    manager = at_desk("manager", language="it")
    file = "numero;nome;prezzo;dal\r\nB1;Primo;11,50;\r\nB1;;12,50;1/6/2026\r\nN1;Nuovo;3;\r\n".encode("utf-8-sig")
    assert send(manager, file, do="take").status_code == 409  # not before it was looked at
    looked = send(manager, file, do="look")
    assert figures(looked) == [1, 1, 0]
    assert not Product.objects.filter(number="N1").exists()
    put({"products": [{"number": "B2", "price": "99.00"}]})
    assert send(manager, file, do="take", agreed=agreed_to(looked)).status_code == 409  # something changed since
    looked = send(manager, file, do="look")
    assert send(manager, file, do="take", agreed=agreed_to(looked))["HX-Redirect"] == "/setup/products"
    prices = Price.objects.filter(product__number="B1").order_by("valid_from").values_list("valid_from", "price_minor")
    assert set(prices) == {(None, 1150), (date(2026, 6, 1), 1250)}
    assert Product.objects.get(number="B1").tax_group == "BOOKS"  # a column that is left out stays
    assert "Nuovo" in text_of(manager.get("/setup/products?q=nuo").content.decode())


def test_a_file_takes_products_out_of_use_and_says_who_goes_on_with_them(at_desk: Desk) -> None:
    manager = at_desk("manager", language="it")
    file = "numero;prezzo;dal;in uso\nB1;10;;no\nB1;11;1/6/2026;\nB2;20;;\nN1;3;;sì\n"
    looked = send(manager, file, do="look")
    assert figures(looked) == [1, 1, 1]
    assert "il prodotto B1 è ancora nelle versioni di 4 programmi" in text_of(looked.content.decode())
    assert send(manager, file, do="take", agreed=agreed_to(looked)).status_code == 200
    assert list(Product.objects.filter(active=False).values_list("number", flat=True)) == ["B1"]
    content = b"".join(manager.get("/setup/products.csv?q=B1").streaming_content).decode()  # type: ignore[attr-defined]
    assert [row[-1] for row in csv.reader(content.splitlines())] == ["in uso", "no", ""]
    assert figures(send(manager, "number,name\nB1,First\n", do="look")) == [0, 1, 0]
    looked = send(manager, "number,active\nB1,\nB2,perhaps\n", do="look")
    assert (looked.status_code, "perhaps" in text_of(looked.content.decode())) == (422, True)
    looked = send(manager, "number,active\nB1,\n", do="look")
    assert figures(looked) == [0, 0, 1]  # nothing said: as it was


def test_every_fault_of_a_file_is_named_by_row_and_column(at_desk: Desk) -> None:
    manager = at_desk("manager")
    rows = "number,name,price,from,program\nX1,One,cheap,,\nX2,Two,1.234,31/2/2026,\n,Nameless,1,,\nB1,Other,5,,\nB1,Another,6,1/6/2026,\n"
    answer = send(manager, rows, do="look")
    assert answer.status_code == 422
    table = re.findall(r"<tr><th[^>]*>(\S+)</th><td>([^<]*)</td>", answer.content.decode())
    assert table == [("2", "price"), ("3", "price"), ("3", "from"), ("4", "number"), ("6", "name")]
    rows = "number,price,from,program\nX1,5,,\nX1,-6,2026-06-01,\nX2,7,,CLUB\nX3,,,NONE\n"
    answer = send(manager, rows, do="look")  # what the door refuses
    table = re.findall(r"<tr><th[^>]*>(\S+)</th><td>([^<]*)</td>", answer.content.decode())
    assert table == [("3", "price"), ("4", "price"), ("5", "program")]
    for content in ("number,colour\nX,red\n", "", "name\nx\n", b"number\n\x00\xff\n", "number,number\nx,y\n"):
        assert send(manager, content, do="look").status_code == 422
    assert manager.post("/setup/products-file", HTTP_HX_REQUEST="true").status_code == 422
    assert not Product.objects.filter(number__startswith="X").exists()


def test_a_long_file_is_left_to_a_worker(
    at_desk: Desk, monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path
) -> None:
    """On the page of files that move in: what is wrong is told by row, and what the file leaves out stays."""
    monkeypatch.setattr(product_file, "AT_ONCE", 2)
    settings.PERENNIAL_HOME = tmp_path
    manager = at_desk("manager")
    more = "N1;9.00;\nN2;10;\nN2;11;2026-06-01\nN3;9;\n"
    assert send(manager, f"number;price;from\nB1;x;\n{more}", do="look").status_code == 422  # the page itself sees it
    wrong = _performed(send(manager, f"number;price;from;program\n{more}N4;9;;NONE\n", do="look"))
    assert (wrong.status, wrong.fault_count) == ("refused", 1)
    page = manager.get(f"/setup/moving-in/{wrong.pk}").content.decode()
    assert re.search(r'<th scope="row" class="n"[^>]*>6</th><td[^>]*>program</td>', page)

    looked = send(manager, f"number;price;from\nB1;12.50;\n{more}", do="look", reason="autumn list")
    tried = _performed(looked)
    assert (tried.status, tried.dry, tried.by) == ("done", True, "manager")
    assert not Product.objects.filter(number="N1").exists()
    manager.post(f"/setup/moving-in/{tried.pk}/ask", {"dry": "0"})
    assert _performed(looked).status == "done"
    assert Product.objects.get(number="B1").tax_group == "BOOKS"
    assert Product.objects.filter(number__in=("N1", "N2", "N3")).count() == 3
    said = sql.value("select pgh_context->>'reason' from catalog_producthistory where number = 'N1'")
    assert said == "autumn list"


def _performed(answer: HttpResponse) -> Transfer:
    """What a worker does with the file that a page has left to it."""
    number = int(answer["HX-Redirect"].rpartition("/")[2])
    performing.perform(number)
    return Transfer.objects.get(pk=number)


def test_a_file_that_cannot_be_read_names_the_row_and_one_of_a_spreadsheet_is_read(at_desk: Desk) -> None:
    manager = at_desk("manager")
    answer = send(manager, 'number,name\nN-1,"First\nN-2,Second\n')
    assert answer.status_code == 422
    assert "row 2 cannot be read: a quotation mark in it is not closed" in html.unescape(answer.content.decode())
    assert "workbook" in send(manager, b"PK\x03\x04 a workbook").content.decode()
    assert figures(send(manager, "number\tname\nN-1\tPrimo\n".encode("utf-16"))) == [1, 0, 0]
