"""A file of orders, shipments and new days: all of it is right, or every fault is told with its line and column."""

from __future__ import annotations

from datetime import date

import pytest

from perennial.desk.many.file import File, asked_in, read_file
from perennial.desk.many.wanted import Asked
from perennial.errors import Refused, Several
from perennial.orders.models import SalesOrder
from tests.worlds.desk import ON, club, day, make_children, order

pytestmark = pytest.mark.django_db

MOST = 730


def pk(number: str) -> int:
    return int(SalesOrder.objects.get(number=number).pk)


def asked(file: File, **more: object) -> list[Asked]:
    return asked_in(file, **{"on": ON, "most": MOST, "meant": (), **more})  # type: ignore[arg-type]


def faults(content: str) -> list[tuple[str, str]]:
    """The place and the code of each fault."""
    with pytest.raises(Several) as refused:
        asked(read_file(content.encode()))
    assert (refused.value.code, refused.value.facts["count"]) == ("file_at_fault", len(refused.value.faults))
    return [(one.field, one.code) for one in refused.value.faults]


def test_each_shipment_has_its_own_day() -> None:
    club()
    one, two = order("CLUB"), order("CLUB", "UP")
    file = read_file(
        f"order,shipment,new date,line\n{one},1,2026-03-20,\n\n{two},2,2026-04-01,1\n{two},2,2026-04-02,2\n".encode()
    )
    assert asked(file) == [
        Asked(pk(one), 1, 1, day(10)),
        Asked(pk(two), 1, 2, day(22)),
        Asked(pk(two), 2, 2, day(23)),
    ]


@pytest.mark.parametrize(
    "content",
    [
        "order,shipment,new date\n{0},1,2026-03-20\n",
        "\ufefforder;shipment;new date\r\n{0};1;2026-03-20\r\n",
        'New Date,Order,Shipment\n2026-03-20,"{0}", 1\n',
        "Ordine;Spedizione;Nuova data\r\n{0};1;20/3/2026\r\n",
        "ordine,spedizione,nuova data,riga\n{0},1,20.03.26,1\n",
        "order,shipment,new date\n{0},1,3/20/2026\n",
    ],
)
def test_as_spreadsheets_write_it(content: str) -> None:
    club()
    number = order("CLUB")
    assert asked(read_file(content.format(number).encode())) == [Asked(pk(number), 1, 1, day(10))]


def test_a_day_that_may_be_two_is_as_the_language_of_the_heads_or_the_other_days_of_the_file_have_it() -> None:
    club()
    one, two = order("CLUB"), order("CLUB")
    assert asked(read_file(f"ordine;spedizione;nuova data\n{one};1;4/5/2026\n".encode())) == [
        Asked(pk(one), 1, 1, date(2026, 5, 4))
    ]
    english = f"order,shipment,new date\n{one},1,4/5/2026\n"
    assert faults(english) == [("file[2].new date", "sheet_day_unclear")]
    assert asked(read_file(f"{english}{two},1,4/13/2026\n".encode()))[0].to == date(2026, 4, 5)


def test_every_fault_is_told_with_its_line_and_its_column() -> None:
    club()
    one, two = order("CLUB"), order("CLUB", "UP")
    make_children(ON)
    assert faults(
        "order,shipment,new date,line\n"
        f"{one},1,2026-03-20,\n"
        "SO-009999,1,2026-03-20,\n"
        f"{one}-1-001,1,2026-03-20,\n"
        f"{two},1,2026-03-20,\n"
        f"{two},1,2026-03-20,7\n"
        f"{one},9,2026-03-20,\n"
        f"{one},0,20/20/2026,x\n"
        f"{one},2\n"
        f"{one},1,2026-03-21,\n"
        f"{one},2,2026-03-09,\n"
        f"{one},3,2062-03-20,\n"
        ",1,2026-02-30,\n"
    ) == [
        ("file[3].order", "order_unknown"),
        ("file[4].order", "is_child_order"),
        ("file[5].order", "several_continuity_lines"),
        ("file[6].line", "not_a_continuity_line"),
        ("file[7].shipment", "shipment_unknown"),
        ("file[8].shipment", "not_whole_from_1"),
        ("file[8].new date", "not_a_day"),
        ("file[8].line", "not_whole_from_1"),
        ("file[9].order", "row_of_other_length"),
        ("file[10].shipment", "row_twice"),
        ("file[11].new date", "date_past"),
        ("file[12].new date", "day_years_away"),
        ("file[13].order", "text_empty"),
        ("file[13].new date", "not_a_day"),
    ]


def test_a_line_that_is_written_over_two_keeps_the_place_where_it_begins() -> None:
    club()
    number = order("CLUB")
    assert faults(f'order,shipment,new date\n{number},1,"2026-03-20\n"\n{number},x,2026-03-20\n') == [
        ("file[4].shipment", "not_whole_from_1")
    ]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"order,shipment\nSO-000001,1\n", "file_header"),
        (b"", "file_header"),
        (b"order,shipment,new date\n", "file_without_rows"),
        ("order,shipment,new date\n\xe8".encode("latin-1"), "file_not_utf8"),
        (b'order,shipment,new date\n"' + b"x" * 140_000, "file_not_csv"),
    ],
)
def test_what_is_no_such_file(content: bytes, code: str) -> None:
    with pytest.raises(Refused) as refused:
        asked(read_file(content))
    assert refused.value.code == code


def test_a_day_that_is_years_away_is_said_twice() -> None:
    club()
    number = order("CLUB")
    far = day(9000)
    file = read_file(f"order,shipment,new date\n{number},1,{far}\n".encode())
    assert asked(file, meant=(far,)) == [Asked(pk(number), 1, 1, far)]
