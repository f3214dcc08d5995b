"""The reader of a bundle agrees with an ordinary JSON parser, wherever its buffer ends."""

from __future__ import annotations

import io
import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perennial.bundle.reading import file as reader
from perennial.errors import Refused
from perennial.language import say

texts = st.text(st.characters(codec="utf-8"), max_size=30)
numbers = st.integers() | st.decimals(allow_nan=False, allow_infinity=False, places=3).map(float)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
bundles = st.dictionaries(texts, values | st.lists(values, max_size=6), max_size=5)


def plain(value: object) -> object:
    """Without the difference between a Decimal and a float."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    return [plain(inner) for inner in value] if isinstance(value, list) else value


def read(text: bytes) -> dict[str, object]:
    """A whole bundle through the reader."""
    seen: dict[str, list[object]] = {}
    source = reader.Source(io.BytesIO(text), lambda name, at, thing: seen.setdefault(name, []).append(thing))
    found: dict[str, object] = {}
    for name, section in source.sections.items():
        found[name] = list(source.items(name)) if section.is_list else section.value
        if section.is_list:
            assert seen.get(name, []) == found[name]
    return found


@given(bundle=bundles, chunk=st.integers(1, 50), indent=st.sampled_from([None, 0, 3]), ascii=st.booleans())
def test_it_reads_what_json_reads(bundle, chunk, indent, ascii):
    text = json.dumps(bundle, indent=indent, ensure_ascii=ascii).encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reader, "CHUNK", chunk)
        assert plain(read(text)) == plain(json.loads(text))


@given(
    bundle=bundles,
    chunk=st.integers(1, 50),
    at=st.integers(0),
    junk=st.sampled_from(["", "x", '"', "}", "]", ",", "\\"]),
)
def test_it_refuses_what_json_refuses(bundle, chunk, at, junk):
    text = json.dumps(bundle)
    at %= len(text)
    text = text[:at] + junk + text[at + 1 :]
    try:
        expected = json.loads(text)
    except ValueError:
        expected = None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reader, "CHUNK", chunk)
        if isinstance(expected, dict):
            assert plain(read(text.encode())) == plain(expected)
        else:
            with pytest.raises(Refused, match="not_json"):
                read(text.encode())


def test_a_number_is_read_whole_wherever_the_buffer_ends(monkeypatch):
    text = b'{"quantity": 10.25, "many": [1.5e+10, -2E-7, 3]}'
    for chunk in range(1, 60):
        monkeypatch.setattr(reader, "CHUNK", chunk)
        assert read(text) == {"quantity": Decimal("10.25"), "many": [Decimal("1.5e+10"), Decimal("-2E-7"), 3]}


def test_the_place_of_a_fault_counts_lines_and_columns_wherever_the_buffer_ends(monkeypatch):
    text = '{\n "customers": [\n  {"account": "é"},\n  {"account": nil}\n ]\n}'.encode()
    for chunk in range(1, 60):
        monkeypatch.setattr(reader, "CHUNK", chunk)
        with pytest.raises(Refused) as refused:
            read(text)
        assert say(refused.value) == "not JSON: line 4, column 15: a value is expected"


def test_what_cannot_be_read_twice_is_kept(tmp_path):
    (tmp_path / "b.json").write_text('{"a": 1}')
    with reader.opened(str(tmp_path / "b.json"), io.BytesIO()) as file:
        assert reader.Source(file).sections["a"].value == 1
    with reader.opened("-", io.BytesIO(b'{"b": [1, 2]}')) as file:
        assert list(reader.Source(file).items("b")) == [1, 2]
    with pytest.raises(Refused, match="file_unreadable"):
        reader.opened(str(tmp_path / "none.json"), io.BytesIO())
