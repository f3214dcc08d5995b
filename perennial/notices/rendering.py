"""A message as it is sent: its subject, as plain text and as HTML. What customers and companies write is always escaped."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterable, Mapping
from html import escape
from string import Formatter
from typing import NamedTuple

from perennial.notices.texts import Text, blocks, cells, names
from perennial.notices.words import Words

WIDTH = 68
FONT = "font-family:Arial, Helvetica, sans-serif; font-size:16px; line-height:24px;"
RULE = "1px solid #8a9396"
BOLD = re.compile(r"\*([^*\n]+)\*")


class Message(NamedTuple):
    """What goes out."""

    subject: str
    text: str
    html: str


class Part(NamedTuple):
    """A block with the facts in it, once for the eye (``html``) and once plain; rows have a left and a right side."""

    kind: str
    plain: tuple[tuple[str, str], ...]
    html: tuple[tuple[str, str], ...]


def render(text: Text, words: Words) -> Message:
    """The message that a text makes of facts."""
    subject = " ".join(_filled(text.subject, words.values, str).split())
    parts = [part for block in blocks(text.body) if (part := _part(block.kind, block.lines, words)).plain]
    heading = next((part.plain[0][0] for part in parts if part.kind == "heading"), subject)
    parts = [part for part in parts if part.kind != "heading"]
    company = words.values.get("company", "")
    return Message(subject, _plain(heading, parts), _html(subject, heading, parts, company, text.language))


def _part(kind: str, lines: Iterable[str], words: Words) -> Part:
    plain, html = [], []
    for line in lines:
        left, right = cells(line) if kind == "rows" else (line, "")
        if (rows := words.rows.get(left.strip("*"))) is not None:
            plain += [(row.name, row.amount) for row in rows]
            html += [(f"<strong>{escape(row.name)}</strong>", escape(row.amount)) for row in rows]
        elif all(words.values.get(name) for name in names(left + right)):
            plain.append((_unstarred(left, words.values), _unstarred(right, words.values)))
            html.append((_starred(left, words.values), _starred(right, words.values)))
    return Part(kind, tuple(plain), tuple(html))


def _filled(template: str, values: Mapping[str, str], written: Callable[[str], str]) -> str:
    made = []
    for literal, name, _, _ in Formatter().parse(template):
        made.append(written(literal))
        if name == "link" and written is escape:
            made.append(f'<a href="{escape(values.get(name, ""))}">{escape(values.get(name, ""))}</a>')
        elif name is not None:
            made.append(written(values.get(name, "")))
    return "".join(made)


def _unstarred(template: str, values: Mapping[str, str]) -> str:
    return _filled(BOLD.sub(r"\1", template), values, str)


def _starred(template: str, values: Mapping[str, str]) -> str:
    """In HTML, what stands between stars of the text is bold; stars of the facts are stars."""
    made = []
    for at, words in enumerate(BOLD.split(template)):
        filled = _filled(words, values, escape)
        made.append(f"<strong>{filled}</strong>" if at % 2 else filled)
    return "".join(made)


def _plain(heading: str, parts: Iterable[Part]) -> str:
    made = [textwrap.fill(heading, WIDTH)]
    small = False
    for part in parts:
        if part.kind == "rows":
            made.append("\n".join(_row(left, right) for left, right in part.plain))
            continue
        words = "\n".join(
            textwrap.fill(left, WIDTH, break_long_words=False, break_on_hyphens=False) for left, _ in part.plain
        )
        if part.kind == "small" and not small:
            small = True
            words = f"--\n{words}"
        made.append(words)
    return "\n\n".join(made) + "\n"


def _row(left: str, right: str) -> str:
    """A row of two columns, the amounts below each other; a long one goes on in the next line."""
    lines = textwrap.wrap(left, WIDTH - 18, break_long_words=False) or [""]
    last = f"  {lines[-1]}"
    lines = [f"  {line}" for line in lines[:-1]]
    return "\n".join([*lines, f"{last.ljust(WIDTH - 16)}{right.rjust(16)}" if right else last])


def _html(subject: str, heading: str, parts: Iterable[Part], company: str, language: str) -> str:
    rows = [_cell(escape(company), "padding:0 0 20px 0; font-weight:bold;")] if company else []
    rows.append(
        _cell(
            f'<h1 style="margin:0; font-size:22px; line-height:28px;">{escape(heading)}</h1>',
            "padding:0 0 16px 0;",
        )
    )
    small = False
    for part in parts:
        if part.kind == "rows":
            rows.append(_table(part.html))
        elif part.kind == "small":
            rule = "" if small else f"border-top:{RULE}; "
            above = "0" if small else "14px"
            small = True
            for words, _ in part.html:
                rows.append(_cell(words, f"padding:{above} 0 0 0; {rule}font-size:13px; line-height:20px;", css="rule"))
        else:
            rows += [_cell(words, "padding:0 0 16px 0;") for words, _ in part.html]
    inner = "\n".join(rows)
    return f"""<!doctype html>
<html lang="{escape(language)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>{escape(subject)}</title>
<style>
:root {{ color-scheme: light dark; }}
@media (prefers-color-scheme: dark) {{ .rule {{ border-color: #6b7477 !important; }} }}
</style>
</head>
<body style="margin:0; padding:0;">
<div role="article" aria-roledescription="email" aria-label="{escape(heading)}" lang="{escape(language)}">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0">
<tr><td align="center" style="padding:24px 12px;">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="max-width:560px; text-align:left; {FONT}">
{inner}
</table>
</td></tr>
</table>
</div>
</body>
</html>
"""


def _cell(words: str, style: str, css: str = "") -> str:
    named = f' class="{css}"' if css else ""
    return f'<tr><td{named} style="{style}">{words}</td></tr>'


def _table(rows: Iterable[tuple[str, str]]) -> str:
    """What is sent and what it costs, between two rules."""
    inner = "\n".join(
        f'<tr><td valign="top">{left}</td>'
        f'<td valign="top" align="right" style="white-space:nowrap; padding-left:16px;">{right}</td></tr>'
        for left, right in rows
    )
    table = (
        f'<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="{FONT}">\n'
        f"{inner}\n</table>"
    )
    return (
        _cell(table, f"padding:14px 0; border-top:{RULE}; border-bottom:{RULE};", css="rule")
        + '\n<tr><td style="padding:0; font-size:16px; line-height:16px;">&nbsp;</td></tr>'
    )
