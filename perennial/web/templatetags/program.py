"""The tags of the pages of programs: cells to type into, the days on which an event ships, a year as a strip."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from babel.dates import get_month_names
from django import template
from django.template import Context
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from perennial.desk.read.program import Program, Version
from perennial.desk.read.program_preview import YearAhead
from perennial.kernel.calendar import add_months
from perennial.language import Reader, phrase
from perennial.language.formats import fact as written
from perennial.language.formats import pieces
from perennial.programs.differences import Difference
from perennial.web.program_cells import MIXED, EventRow, Words, usual_mode
from perennial.web.program_page import MOST_DAYS, Ahead
from perennial.web.templatetags.desk import st, use
from perennial.web.words import said

register = template.Library()
WIDTH, MONTHS = 300, 12
NUMBERS = ("price", "quantity", "times", "chance")
"""The cells of numbers: set to the right."""
SHORT = 5
"""A price with more characters is given a wider field."""
LONG = 16
"""A field with more characters may be cut where the page is narrow."""


def _to(context: Context) -> Reader:
    found: Reader = context["to"] if "to" in context else Reader()
    return found


@register.simple_tag(takes_context=True)
def cell(context: Context, row: EventRow, name: str, value: str | None = None, **more: Any) -> SafeString:
    """A field of an event's row, with what it was for new orders and what is wrong with what was typed."""
    kind = name.partition("_")[0]
    label = said(_to(context), f"program_cell_{kind}", event=row.at)
    return _field(row, name, label, SafeString(), value=row.cells.get(name, "") if value is None else value, more=more)


@register.simple_tag(takes_context=True)
def cell_of(context: Context, row: EventRow, name: str, options: Sequence[Any], none: str = "") -> SafeString:
    """A list to choose from in an event's row. ``options``: words, or pairs of a code and its words."""
    to = _to(context)
    chosen = row.cells.get(name, "")
    pairs = [
        one if isinstance(one, tuple) else (one, (phrase("program action", one, None, to) if name == "then" else one))
        for one in options
    ]
    if none:
        pairs = [("", said(to, none)), *pairs]
    if chosen and chosen not in (code for code, _ in pairs):  # it stands, though it is not offered any more
        pairs.append((chosen, context["words"].names.get((name, chosen))))
    made = format_html_join(
        "",
        '<option value="{}"{}>{}</option>',
        ((code, SafeString(" selected") if code == chosen else "", words or code) for code, words in pairs),
    )
    return _field(row, name, said(to, f"program_cell_{name}", event=row.at), made, value="", more={})


def _field(
    row: EventRow, name: str, label: str, options: SafeString, *, value: str, more: dict[str, Any]
) -> SafeString:
    id_ = f"e-{row.slug}-{name}"
    was, error = row.was.get(name), row.errors.get(name)
    if name == "times" and not value.isdigit() and value:
        more = {**more, "size": "9"}  # until stopped
    if name.startswith("price") and (length := len(value or more.get("placeholder", ""))) > SHORT:
        more = {**more, "size": "7" if length < 8 else "9"}
    if len(value) > LONG:
        more = {**more, "title": value}  # seen whole where the field is narrow
    attributes = [(key.replace("_", "-"), one) for key, one in more.items() if one not in (None, False, "")]
    wrong = error or row.off.get(name)
    described = [f"{id_}-{end}" for end, there in (("was", was), ("err", wrong)) if there]
    if described:
        attributes.append(("aria-describedby", " ".join(described)))
    if error:  # what is ``off`` is saved, and only its release is refused
        attributes += [("aria-invalid", "true"), ("data-stored", "")]
    written_out = format_html_join("", ' {}="{}"', attributes)
    quiet = name == "then" and row.cells.get(name) == "none"
    parts = {
        "kind": " num" if name.startswith(NUMBERS) else " q" if quiet else "",
        "id": id_,
        "name": name,
        "label": label,
        "more": written_out,
    }
    if options:
        control = format_html(
            '<select class="cell{kind}" id="{id}" name="{name}" form="editor" aria-label="{label}"{more}>{options}</select>',
            **parts,
            options=options,
        )
    else:
        control = format_html(
            '<input class="cell{kind}" id="{id}" name="{name}" form="editor" value="{value}" autocomplete="off"'
            ' aria-label="{label}"{more}>',
            **parts,
            value=value,
        )
    before = format_html('<small class="was" id="{}-was">{}</small> ', id_, was) if was else ""
    if name.startswith(NUMBERS):
        return format_html("{}{}", before, control)
    return format_html("{}{}", control, before)


@register.simple_tag(takes_context=True)
def ships(context: Context, ahead: Ahead, key: str) -> SafeString:
    """The days on which an event would ship."""
    to = _to(context)
    if ahead.year is None:
        return SafeString("")
    days = ahead.year.days.get(key, ())
    if not days:
        return format_html('<span class="none">{}</span>', said(to, "program_never_ships"))
    shown = format_html_join(", ", '<span class="d">{}</span>', ((written(day, "", to),) for day in days[:MOST_DAYS]))
    if len(days) > MOST_DAYS:
        more = said(to, "program_more_days", count=len(days) - MOST_DAYS, last=days[-1])
        shown = format_html('{} <span class="q">{}</span>', shown, more)
    return shown


@register.simple_tag(takes_context=True)
def year_strip(context: Context, ahead: Ahead) -> SafeString:
    """A year from the day of the order: a dot each shipment, one that is new set off. The same stands in the table."""
    if ahead.year is None:
        return SafeString("")
    to, start = _to(context), ahead.on.replace(day=1)
    begins = [add_months(start, number) for number in range(MONTHS + 1)]
    end = begins[-1]
    names = get_month_names("narrow", "stand-alone", locale=to.language)
    scale = WIDTH / (end - start).days
    axis = format_html_join("", '<path class="axis" d="M{} 6v8"/>', ((_x(start, day, scale),) for day in begins[:-1]))
    letters = format_html_join(
        "",
        '<text x="{}" y="31" text-anchor="middle">{}</text>',
        ((_x(start, day, scale, WIDTH / MONTHS / 2), names[day.month]) for day in begins[:-1]),
    )
    dots = format_html_join(
        "",
        '<circle{} cx="{}" cy="10" r="4"/>',
        (
            (SafeString(' class="new"') if day in ahead.new else "", _x(start, day, scale))
            for day in dict.fromkeys(ahead.year.shipments)
            if start <= day < end
        ),
    )
    within = sum(start <= day < end for day in ahead.year.shipments)
    label = said(to, "program_year_strip", count=within, first=ahead.on, new=len(ahead.new) or None)
    return format_html(
        '<svg class="rhythm" width="{width}" height="34" viewBox="0 0 {width} 34" role="img" aria-label="{label}">'
        '<path class="axis" d="M0 10H{width}"/>{axis}{letters}{dots}</svg>',
        width=WIDTH,
        label=label,
        axis=axis,
        letters=letters,
        dots=dots,
    )


def _x(start: date, day: date, scale: float, more: float = 0) -> float:
    """How far from the left a day stands."""
    return round((day - start).days * scale + more, 1)


@register.simple_tag(takes_context=True)
def header_words(context: Context, words: Words, facts: Any) -> str:
    """A program's header in a line."""
    to = _to(context)
    found = [
        said(to, f"program_starts_{facts.order_start}", on=facts.started_on),
        said(to, "program_billed_upfront" if facts.bill_upfront else "program_billed_as_it_ships"),
        said(to, f"program_late_{facts.catch_up}"),
    ]
    if facts.events and words.names_modes:
        modes = {event.delivery_mode for event in facts.events}
        found.append(words.delivery(usual_mode(facts), mostly=len(modes) > 1))
    if facts.consolidate:
        found.append(said(to, "program_consolidates"))
    if facts.prompt_for_start_date:
        found.append(said(to, "program_asks_start"))
    if facts.prompt_for_payment_schedule:
        found.append(said(to, "program_asks_schedule", names=list(facts.valid_payment_schedules)))
    if facts.payment_schedule:
        found.append(said(to, "program_paid_by", name=facts.payment_schedule))
    return ", ".join(found)


@register.simple_tag(takes_context=True)
def sum_words(context: Context, year: YearAhead) -> str:
    """What is in the sum of a program: delivery, tax."""
    to = _to(context)
    tax = "program_sum_tax_included" if year.included else "program_sum_tax_added"
    found = [
        said(to, "program_sum_delivery" if year.delivery.minor else "program_sum_no_delivery", amount=year.delivery),
        said(to, tax if year.tax.minor else "program_sum_no_tax", amount=year.tax),
    ]
    return ", ".join([said(to, "program_sum_year"), *found] if year.goes_on else found)


@register.simple_tag(takes_context=True)
def sold_as(context: Context, one: Any) -> str:
    """How much of a program a product sells."""
    to = _to(context)
    if one.shipments is not None:
        return said(to, "program_sold_shipments", count=one.shipments)
    return said(to, "program_sold_events", count=one.events) if one.events else said(to, "program_sold_whole")


@register.simple_tag(takes_context=True)
def header_field(context: Context, name: str, label: str) -> SafeString:
    """A field of the header, with what it was for new orders and what is wrong with what was typed."""
    return format_html(
        '<div class="field"><label for="h-{name}">{label}</label>'
        '<input id="h-{name}" name="{name}" form="editor" value="{value}" autocomplete="off"{more}>{beside}</div>',
        name=name,
        label=label,
        value=_given(context, name),
        more=_described(context, name),
        beside=_beside(context, name),
    )


@register.simple_tag(takes_context=True)
def header_choice(context: Context, name: str, words: Sequence[str]) -> SafeString:
    """A word of the header, chosen from all of them."""
    to = _to(context)
    pairs = [(word, phrase(f"program {name}", word, None, to) or word) for word in words]
    label = phrase("program field", name, None, to) or name
    return format_html(
        '<div class="field"><label for="h-{}">{}</label>{}</div>',
        name,
        label[:1].upper() + label[1:],
        _choice(context, name, pairs),
    )


@register.simple_tag(takes_context=True)
def header_select(context: Context, name: str, names: Sequence[str]) -> SafeString:
    """A name of the header, or none."""
    return _choice(context, name, [("", said(_to(context), "program_nothing")), *((one, one) for one in names)])


@register.simple_tag(takes_context=True)
def header_mode(context: Context, modes: Sequence[tuple[str, str]]) -> SafeString:
    """How all events are delivered; where they differ, that they do."""
    to = _to(context)
    mixed = [(MIXED, said(to, "program_mode_mixed"))] if context["header"]["delivery_mode"] == MIXED else []
    named = [(code, name or code) for code, name in modes]
    stands = context["header"]["delivery_mode"]
    if stands not in ("", MIXED, *(code for code, _ in named)):  # though it is not offered any more
        named.append((stands, context["words"].names.get(("mode", stands)) or stands))
    return _choice(context, "delivery_mode", [*mixed, ("", said(to, "program_no_mode")), *named])


def _choice(context: Context, name: str, pairs: Sequence[tuple[str, str]]) -> SafeString:
    value = _given(context, name)
    options = format_html_join(
        "",
        '<option value="{}"{}>{}</option>',
        ((code, SafeString(" selected") if code == value else "", words) for code, words in pairs),
    )
    return format_html(
        '<select id="h-{name}" name="{name}" form="editor"{more}>{options}</select>{beside}',
        name=name,
        more=_described(context, name),
        options=options,
        beside=_beside(context, name),
    )


@register.simple_tag(takes_context=True)
def header_flag(context: Context, name: str) -> SafeString:
    """Yes or no, in the header."""
    label = phrase("program field", name, None, _to(context)) or name
    return format_html(
        '<div><label class="tick"><input type="checkbox" id="h-{name}" name="{name}" form="editor" value="1"{on}{more}>'
        " <span>{label}</span></label>{beside}</div>",
        name=name,
        on=SafeString(" checked") if _given(context, name) in (True, "1") else "",
        more=_described(context, name),
        label=label[:1].upper() + label[1:],
        beside=_beside(context, name),
    )


def _given(context: Context, name: str) -> Any:
    """What was typed, where something was wrong with it; else what is stored."""
    given = context.get("given")
    return context["header"].get(name, "") if given is None else given.get(name, "")


def _described(context: Context, name: str) -> SafeString:
    error, was = context["errors"].get(name), context["header_was"].get(name)
    ids = " ".join(f"h-{name}-{end}" for end, there in (("was", was), ("err", error)) if there)
    described = format_html(' aria-describedby="{}"', ids) if ids else SafeString("")
    return format_html("{}{}", described, SafeString(' aria-invalid="true" data-stored=""') if error else "")


def _beside(context: Context, name: str) -> SafeString:
    error, was = context["errors"].get(name), context["header_was"].get(name)
    before = format_html('<small class="was" id="h-{}-was">{}</small>', name, was) if was else ""
    fault = format_html('<p class="err" id="h-{}-err">{}{}</p>', name, use("fail"), error) if error else ""
    return format_html("{}{}", before, fault)


@register.simple_tag(takes_context=True)
def header_other_errors(context: Context) -> list[str]:
    """The faults that no field of the header shows."""
    return [words for name, words in context["errors"].items() if name not in context["header"]]


@register.simple_tag(takes_context=True)
def version_state(context: Context, one: Version, newest: Version | None) -> SafeString:
    """What a version is: the draft, the one for new orders, an older one."""
    to = _to(context)
    if not one.released:
        return st(context, "", "draft", said(to, "program_state_draft"))
    if one is newest:
        return st(context, "", "", said(to, "program_state_newest"), "open")
    return st(context, "", "", said(to, "program_state_older"), "closed")


@register.simple_tag(takes_context=True)
def program_state(context: Context, one: Any) -> SafeString:
    """How a program stands: never released, offered, retired, not offered yet."""
    to = _to(context)
    newest = one.newest if isinstance(one, Program) else one.revision
    if newest is None:
        return st(context, "", "", said(to, "program_state_new"), "draft")
    if one.active:
        return st(context, "", "", said(to, "program_state_active"), "open")
    return st(
        context, "", "", said(to, "program_state_retired" if one.was_offered else "program_state_unoffered"), "off"
    )


@register.simple_tag
def before_it(one: Version, versions: Sequence[Version]) -> Version | None:
    """The version before a version."""
    return next((other for other in versions if other.number < one.number), None)


@register.simple_tag
def diff_sentence(words: Words, one: Difference) -> str:
    """What differs, as a sentence."""
    return words.sentence(one)


@register.simple_tag(takes_context=True)
def event_words(context: Context, row: EventRow) -> SafeString:
    """An event in words, in a column of its own."""
    to = _to(context)
    sent = [pieces(product.quantity, product.item) for product in row.products]
    prices = [product.price or product.own_price for product in row.products]
    lines = [
        f"{row.cells['when']}; {said(to, 'program_times_words', times=row.cells['times'])}",
        phrase("program action", row.cells["then"], None, to) or row.cells["then"],
        row.cells["chance"],
        row.delivery,
    ]
    head = format_html(
        "<b>{}</b> {}", row.at, " + ".join(f"{s} ({p})" if p else s for s, p in zip(sent, prices, strict=True))
    )
    return format_html('{}<br><span class="q">{}</span>', head, "; ".join(line for line in lines if line))
