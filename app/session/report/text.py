"""Figures and text of a page: undefined is said as such, and nothing of a run can become markup."""

from datetime import UTC, datetime, tzinfo
from html import escape
from typing import Any, Final

UNDEFINED: Final = '<span class="undefined">undefined</span>'
_NS: Final = 1_000_000_000


def known(value: Any) -> bool:
    """True for a figure that is there: not null, not NaN."""
    return value is not None and value == value  # noqa: PLR0124 - NaN is not itself


def said(value: Any, form: str = "{}") -> str:
    """A value as markup, by a format."""
    return escape(form.format(value)) if known(value) else UNDEFINED


def bps(value: Any) -> str:
    """A signed figure in bps, two decimals; + costs."""
    return said(value, "{:+,.2f}")


def money(value: Any) -> str:
    """A signed amount, to the cent."""
    return said(value, "{:+,.2f}")


def clock(ts_ns: Any, form: str = "%H:%M:%S", where: tzinfo = UTC) -> str:
    """A time of day in a zone."""
    return datetime.fromtimestamp(ts_ns // _NS, where).strftime(form) if known(ts_ns) else UNDEFINED


def table(heads: list[str], rows: list[list[str]], css: str = "") -> str:
    """Rows of ready markup; the first column is text, the others are figures."""
    head = "".join(f"<th>{escape(title)}</th>" for title in heads)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<table class="{css}"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
