"""Why: any figure's definition, its inputs, the rows it came from, and the way back to that moment."""

from datetime import UTC, tzinfo
from typing import Final, NamedTuple

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from app.engine.events import Rows
from app.engine.layout import SECTIONS
from app.engine.units import NULL
from app.widgets import definitions
from app.widgets import format as text
from app.widgets.pad import Pad
from app.widgets.sheet import Cell, Line, Sheet, label
from app.widgets.theme import Theme, figures_font

_ROWS: Final = 200
_TEXTS: Final = np.dtype("u4")
HINT: Final = "Click a figure of the scorecard, or double-click a cell of a table: what it is, and where it comes from."
# figures of a parent that rest on its fills, by the words of their definition
_OF_FILLS: Final = ("fill", "price", "cost", "drift", "shortfall", "vwap", "markout")


class Cause(NamedTuple):
    """A row that a figure came from: what it is, its source and number there, its time (ns)."""

    what: str
    source: str
    seq: int
    ts_ns: int


def value_words(pad: Pad, row: np.void, field: str, where: tzinfo) -> str:
    """A field of a board row, in full."""
    names = row.dtype.names or ()
    if field not in names:
        return text.DASH
    value = row[field].item()
    if row.dtype[field] == _TEXTS:
        return pad.text(int(value)) or text.DASH
    if text.undefined(value):
        return text.DASH
    if field.startswith("ts") or field.endswith(("_ts", "_ns")) or field == "as_of":
        return text.clock(int(value), where, 9)
    if field.endswith(("_px", "_mid", "_bid", "_ask", "_vwap", "_before")) or field in {"px", "price", "mid"}:
        return text.price(value)
    return text.number(value) if isinstance(value, int) else text.signed(value, 6)


def causes(pad: Pad, section: str, field: str, row: np.void) -> list[Cause]:
    """The rows a figure came from: its own, and for a parent's figures the fills under it, in time order."""
    own = _cause(pad, section, row)
    if section != "parents":
        return [own]
    number = pad.find(pad.text(int(row["parent_id"])))
    rows = pad.rows_of("children" if field.startswith("response") else "fills", number)
    words = definitions.definition(field).words.casefold()
    if not any(word in words for word in _OF_FILLS):
        return [own]
    named = rows[rows["source"] != 0]
    order = np.argsort(_times(named), kind="stable")
    kind = "child" if field.startswith("response") else "fill"
    return [own, *(_cause(pad, kind, one) for one in named[order])]


def _times(rows: Rows) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    field = "ts_event" if "ts_event" in (rows.dtype.names or ()) else "ts_new"
    return np.ascontiguousarray(rows[field])


def _cause(pad: Pad, what: str, row: np.void) -> Cause:
    names = row.dtype.names or ()
    ts = next((int(row[name]) for name in ("ts_event", "ts", "last_ts", "ts_new") if name in names), NULL)
    name = next((pad.text(int(row[key])) for key in ("fill_id", "child_id", "parent_id", "id") if key in names), "")
    return Cause(f"{what} {name}".strip(), pad.text(int(row["source"])), int(row["seq"]), ts)


class Why(QScrollArea):
    """One figure explained. A click on one of its rows asks for that moment."""

    replay_wanted = Signal(object)  # event time, ns

    def __init__(self, theme: Theme, pad: Pad) -> None:
        super().__init__()
        self.pad, self.theme, self.faded = pad, theme, False
        self.where: tzinfo = UTC
        self._asked: tuple[str, str, np.void] | None = None
        self._about = ""
        self.found: list[Cause] = []
        self.title, self.words, self.count = QLabel(HINT), QLabel(), QLabel()
        self.inputs = Sheet(theme, (4, 6), "Inputs")
        self.rows = Sheet(theme, (4.6, 3.2, 2.8, 6), "Rows it came from")
        self.replay = QPushButton("Replay from here")
        self._build()

    def explain(self, section: str, field: str, row: np.void, about: str = "") -> None:
        """Explain a field of a row of a section (parents, fills, children, events).

        `about`: what its column says of it, used where there is no definition.
        """
        if section not in SECTIONS:  # gathered on the screen: there is no row of the board behind it
            return
        self._asked, self._about = (section, field, row.copy()), about
        self.refresh()

    def refresh(self) -> None:
        """Say it again, in the time zone of now."""
        if self._asked is None:
            return
        section, field, row = self._asked
        known = definitions.definition(field)
        if known.words == definitions.UNKNOWN.words and self._about:
            known = known._replace(words=self._about)
        value = value_words(self.pad, row, field, self.where)
        self.title.setText(f"{known.title}:  {value}")
        self.words.setText("  ".join(word for word in (known.words, definitions.signs(field)) if word))
        self.inputs.show_lines(self._inputs(known, row))
        self.found = causes(self.pad, section, field, row)
        self.rows.show_lines([self._row(cause) for cause in self.found[:_ROWS]])
        more = len(self.found) - _ROWS
        self.count.setText(f"and {text.number(more)} more rows" if more > 0 else "")
        self.replay.setEnabled(any(cause.ts_ns != NULL for cause in self.found))

    def set_zone(self, where: tzinfo) -> None:
        """Time zone of the times."""
        self.where = where
        self.refresh()

    def fade(self, faded: bool) -> None:
        """Grey everything."""
        self.faded = faded
        for sheet in (self.inputs, self.rows):
            if sheet.faded != faded:
                sheet.faded = faded
                sheet.update()

    def dress(self, theme: Theme) -> None:
        """Change the colours."""
        self.theme = theme
        for sheet in (self.inputs, self.rows):
            sheet.theme = theme
            sheet.update()
        for words in (self.words, self.count):
            words.setStyleSheet(f"color: {theme.faint}")

    def _inputs(self, known: definitions.Definition, row: np.void) -> list[Line]:
        names = row.dtype.names or ()
        fields = [field for field in known.inputs if field in names]
        for field in ("level_reason", "status_reason", "flags"):
            if field in names and field not in fields and int(row[field]) and known.title in {"Level", "Evidence"}:
                fields.append(field)
        if "as_of" in names:
            fields.append("as_of")
        return [
            (label(definitions.definition(field).title), Cell(value_words(self.pad, row, field, self.where)))
            for field in fields
        ]

    def _row(self, cause: Cause) -> Line:
        when = text.DASH if cause.ts_ns == NULL else text.clock(cause.ts_ns, self.where, 9)
        seq = text.DASH if cause.seq == NULL else text.number(cause.seq)
        return (label(cause.what), Cell(cause.source or text.DASH, right=False), Cell(seq), Cell(when))

    def _go(self) -> None:
        known = [cause.ts_ns for cause in self.found if cause.ts_ns != NULL]
        if known:
            self.replay_wanted.emit(known[0])

    def _build(self) -> None:
        inside, head = QWidget(), QHBoxLayout()
        layout = QVBoxLayout(inside)
        layout.setContentsMargins(6, 4, 6, 4)
        layout.setSpacing(4)
        for words in (self.title, self.words, self.count):
            words.setWordWrap(True)
            words.setFont(figures_font())
        self.replay.setEnabled(False)
        self.replay.setAutoDefault(False)
        self.replay.setToolTip("open the desk as it was when this row came")
        self.replay.clicked.connect(self._go)
        head.addWidget(self.title, 1)
        head.addWidget(self.replay)
        layout.addLayout(head)
        for part in (self.words, self.inputs, self.rows, self.count):
            layout.addWidget(part)
        layout.addStretch(1)
        self.setWidget(inside)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.dress(self.theme)
