"""``--only-given``: what a bundle leaves out of a thing that is stored stays; without the option it takes its default."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any

import pytest

from perennial.bundle.export.exporter import export_bundle
from tests.worlds.bundle import counts, example, faults, put

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("numbers_from_one")]


def _stored(kind: str, **named: str) -> dict[str, Any]:
    """A thing as an export writes it."""
    file = BytesIO()
    export_bundle(file)
    ((key, name),) = named.items()
    return next(one for one in json.loads(file.getvalue())[kind] if one[key] == name)


@pytest.fixture
def _there() -> None:
    put(example("orders"))


@pytest.mark.usefixtures("_there")
@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("customers", {"account": "C-1", "phone": "+39 02 5550 9999"}),
        ("customers", {"account": "C-1", "email": None}),
        ("products", {"number": "0013", "name": "The first book"}),
        ("products", {"number": "0013", "price": "20.95"}),
        ("products", {"number": "0014", "tax_group": "BOOKS"}),
        ("products", {"number": "0016", "name": "A book a month"}),
        ("delivery_modes", {"code": "STD", "charge": "5.95"}),
        ("date_intervals", {"code": "NM", "name": "The first"}),
        ("payment_schedules", {"name": "3X", "every": 2}),
        ("programs", {"schedule_id": "BOM", "days_after_order_date": 7}),
    ],
)
def test_what_is_left_out_stays(kind: str, given: dict[str, Any]):
    key = next(iter(given))
    before = _stored(kind, **{key: given[key]})
    done = put({kind: [given]}, only_given=True)
    assert counts(done) == {kind: (0, 1, 0)}
    assert None in given.values() or not [note for note in done.notes.all() if note.code.endswith("loses")]
    after = _stored(kind, **{key: given[key]})
    if kind == "programs":
        assert after.pop("revision") == before.pop("revision") + 1
        assert after.pop("revisions")[-1]["days_after_order_date"] == before["days_after_order_date"]
        before.pop("revisions")
    assert after == before | given
    assert counts(put({kind: [given]}, only_given=True)) == {kind: (0, 0, 1)}


CODES = {
    "source_codes": [{"code": "WEB", "description": "The web", "from": "2026-01-01", "until": "2026-12-31"}],
    "reason_codes": [{"code": "DEAR", "description": "Too dear", "actions": ["cancel"]}],
    "hold_codes": [{"code": "CHG", "description": "Money", "stops": "charging", "released_by": ["finance"]}],
}


@pytest.mark.usefixtures("_there")
@pytest.mark.parametrize("kind", CODES)
def test_what_is_left_out_of_a_code_stays(kind: str):
    put(CODES)
    code = CODES[kind][0]["code"]
    before = _stored(kind, code=code)
    put({kind: [{"code": code, "active": False}]}, only_given=True)
    assert _stored(kind, code=code) == before | {"active": False}


@pytest.mark.usefixtures("_there")
def test_a_number_of_payments_keeps_how_they_are_reckoned():
    put(
        {
            "payment_schedules": [
                {"name": "3X", "allocation": "fixed_quantity", "number_of_payments": 3, "every": 1, "unit": "month"}
            ]
        }
    )
    before = _stored("payment_schedules", name="3X")
    put({"payment_schedules": [{"name": "3X", "number_of_payments": 4}]}, only_given=True)
    assert _stored("payment_schedules", name="3X") == before | {"number_of_payments": 4}


@pytest.mark.usefixtures("_there")
def test_a_list_that_is_given_is_the_whole_list():
    before = _stored("customers", account="C-1")
    moved = {"code": "work", "street": "Corso 2", "city": "Torino", "country": "IT"}
    put({"customers": [{"account": "C-1", "addresses": [moved]}]}, only_given=True)
    after = _stored("customers", account="C-1")
    assert [address["code"] for address in after["addresses"]] == ["work"]
    assert after["cards"] == before["cards"] != []


@pytest.mark.usefixtures("_there")
def test_one_price_takes_the_place_of_prices_from_dates_on():
    assert len(_stored("products", number="0014")["prices"]) == 2
    put({"products": [{"number": "0014", "price": "18.00"}]}, only_given=True)
    product = _stored("products", number="0014")
    assert product["price"] == "18.00"
    assert "prices" not in product


@pytest.mark.usefixtures("_there")
def test_a_draft_is_edited_on():
    edit = {"schedule_id": "BOM", "release": False}
    put({"programs": [edit | {"days_after_order_date": 9}]}, only_given=True)
    put({"programs": [edit | {"catch_up": "skip"}]}, only_given=True)
    program = _stored("programs", schedule_id="BOM")
    assert program["days_after_order_date"] == 5
    assert (program["draft"]["days_after_order_date"], program["draft"]["catch_up"]) == (9, "skip")


@pytest.mark.usefixtures("_there")
def test_without_the_option_what_is_left_out_takes_its_default():
    put({"customers": [{"account": "C-1", "phone": "+39 02 5550 9999"}]})
    customer = _stored("customers", account="C-1")
    assert (customer["name"], customer["email"], customer["addresses"]) == ("", None, [])


def test_what_is_new_takes_the_defaults():
    put(example("orders"), only_given=True)
    mode = {"code": "SLOW"}
    put({"delivery_modes": [mode]}, only_given=True)
    assert _stored("delivery_modes", code="SLOW")["charge"] == "0.00"


@pytest.mark.usefixtures("_there")
def test_faults_keep_their_paths():
    def refused(bundle: dict[str, Any]) -> dict[str, str]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("tests.worlds.bundle.put", lambda given, on: put(given, on=on, only_given=True))
            return faults(bundle)

    assert set(refused({"customers": ["C-1", {"account": "C-1", "mail": "x"}]})) == {
        "customers[0]",
        "customers[1].mail",
    }
    assert set(refused({"products": [{"number": 13, "price": "1.00"}]})) == {"products[0].number"}
