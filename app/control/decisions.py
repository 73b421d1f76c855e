"""The audit log read: decisions found by their names, what followed from each, lines for spreadsheets."""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from app.engine.errors import FeedError, SettingsError, complaint
from app.engine.units import SECOND

DECISIONS: Final = frozenset({"confirm", "ask", "kill", "release", "arm", "fired"})
AFTER_NS: Final = 3600 * SECOND  # what follows from a decision follows within an hour of event time
COLUMNS: Final = ("n", "wall_ns", "now_ns", "what", "user", "by", "via", "request", "order", "words", "raw", "hash")
_TAGS: Final = re.compile(r"(?:^|\x01)(37|11|41)=([^\x01]*)")


class Line(NamedTuple):
    """One line of the log: as it stands on disk, and read."""

    raw: bytes
    entry: dict[str, Any]


class Decision(NamedTuple):
    """A decision: its line, the orders it was about, and every line from it to the end of what followed."""

    line: Line
    orders: frozenset[str]
    lines: list[Line]

    def about(self) -> list[Line]:
        """Those of the lines that are about its orders; for a kill of many, all of them."""
        if not self.orders:
            return self.lines
        return [line for line in self.lines if line is self.line or names_of(line.entry) & self.orders]


def lines_of(path: Path) -> list[Line]:
    """Every whole line. Raises FeedError naming the line that is none."""
    try:
        rows = path.read_bytes().split(b"\n")[:-1]
    except OSError as error:
        raise FeedError(f"{path}: the audit log cannot be read: {error.strerror or error}") from error
    found = []
    for number, row in enumerate(rows, 1):
        try:
            found.append(Line(row, msgspec.json.decode(row, type=dict[str, Any])))
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise FeedError(
                f"{path} line {number}: is no line of an audit log ({error}); `audit verify` says more"
            ) from error
    return found


def names_of(entry: dict[str, Any]) -> set[str]:
    """Names of orders an entry mentions: OrderID, ClOrdIDs."""
    wish = entry.get("wish")
    fact = entry.get("fact")
    named = {entry.get("order"), (wish or {}).get("order_id"), (fact or {}).get("order_id")}
    raw = entry.get("raw")
    if isinstance(raw, str):
        named |= {value for _, value in _TAGS.findall(raw)}
    return {name for name in named if name}


def decision(path: Path, name: str) -> Decision:
    """The decision with a line number, a request id, a ClOrdID, or the last one about an order.

    Raises SettingsError when the log has none of that name.
    """
    lines = lines_of(path)
    place = _place(lines, name)
    if place is None:
        allowed = "a line number of a decision, a request id, a ClOrdID or an OrderID of this log"
        raise SettingsError(complaint(str(path), "ID", name, allowed))
    line = lines[place]
    orders = _chain(lines, place)
    until = int(line.entry.get("now_ns", 0)) + AFTER_NS
    end = place + 1
    for k in range(place + 1, len(lines)):
        entry = lines[k].entry
        if (entry["what"] in DECISIONS and names_of(entry) & orders) or int(entry.get("now_ns", until)) > until:
            break
        if not orders or names_of(entry) & orders:
            end = k + 1
    return Decision(line, frozenset(orders), lines[place:end])


def _place(lines: list[Line], name: str) -> int | None:
    """Index of the decision a name stands for; the last where several do."""
    if name.isdigit():
        number = int(name)
        return next((k for k, n in enumerate(lines) if n.entry.get("n") == number and _decides(n.entry)), None)
    found: int | None = None
    last: dict[str, int] = {}
    for k, line in enumerate(lines):
        entry = line.entry
        if _decides(entry):
            if entry.get("request") == name or name in names_of(entry):
                found = k
            last.update(dict.fromkeys(names_of(entry), k))
        elif entry["what"] == "out" and f"\x0111={name}\x01" in entry.get("raw", ""):
            found = last.get(entry.get("order", ""), found)
    return found


def _decides(entry: dict[str, Any]) -> bool:
    return entry.get("what") in DECISIONS


def _chain(lines: list[Line], place: int) -> set[str]:
    """Every name of the orders a decision was about: ids that were sent for them included."""
    orders = names_of(lines[place].entry)
    for line in lines:
        named = names_of(line.entry)
        if line.entry["what"] == "out" and line.entry.get("order") in orders:
            orders |= named
    return orders - {"NONE"}


def spreadsheet(lines: Iterable[Line]) -> str:
    """Lines as CSV; what has no column of its own stays in the log."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for line in lines:
        writer.writerow([_cell(line.entry, name) for name in COLUMNS])
    return out.getvalue()


def _cell(entry: dict[str, Any], name: str) -> str:
    value = entry.get(name)
    if value is None and name == "order":
        value = next(iter(sorted(names_of(entry))), None)
    if value is None and name == "words":
        value = entry.get("refused") or (entry.get("entry") or {}).get("words")
    text = "" if value is None else str(value).replace("\x01", "|")
    return f"'{text}" if text[:1] in {"=", "+", "-", "@"} else text  # a spreadsheet must not take it for a formula


def messages(lines: Iterable[Line]) -> Iterator[str]:
    """Messages out and in as text, one a line."""
    for line in lines:
        entry = line.entry
        if entry["what"] in {"out", "in"} and "raw" in entry:
            yield f"{entry.get('now_ns', '')} {entry['what']:<3} {entry['raw'].replace(chr(1), '|')}"
