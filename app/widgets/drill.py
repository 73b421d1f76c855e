"""Drill-down: parent, algo order, children, fills, messages, and at the end the tape. Each choice narrows the next."""

from datetime import UTC, tzinfo
from typing import Final, NamedTuple

import numpy as np
from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSplitter, QTabWidget, QVBoxLayout, QWidget

from app.board import distinct
from app.engine.events import Rows
from app.engine.units import NULL
from app.widgets import drill_columns
from app.widgets import format as text
from app.widgets.algos import algo_orders
from app.widgets.caption import Caption
from app.widgets.columns import Column
from app.widgets.export import offer_csv
from app.widgets.fitting import FittingGrid
from app.widgets.lookback_port import LookbackPort
from app.widgets.pad import Pad
from app.widgets.table import Table
from app.widgets.tape_view import Spot, TapeView
from app.widgets.theme import Theme


class _Page(NamedTuple):
    """One table: its section on the board, its title, its columns, the fields that name a line and its algo order."""

    section: str
    title: str
    columns: tuple[Column, ...]
    name: str
    algo: str


_PAGES: Final = (
    _Page("algos", "Algo orders", drill_columns.ALGOS, "algo_order_id", "algo_order_id"),
    _Page("children", "Children", drill_columns.CHILDREN, "child_id", "algo_order_id"),
    _Page("fills", "Fills", drill_columns.FILLS, "fill_id", "algo_order_id"),
    _Page("events", "Messages", drill_columns.MESSAGES, "id", "algo_order"),
)
ALGOS, CHILDREN, FILLS, MESSAGES = PAGES = range(4)
_CHILD: Final = {FILLS: "child_id", MESSAGES: "child"}


def grid_of(page: int, theme: Theme, pad: Pad) -> FittingGrid:
    """The empty grid of a page."""
    kind = _PAGES[page]
    rows = np.zeros(0, drill_columns.ALGO) if page == ALGOS else pad.rows_of(kind.section, -1)
    return FittingGrid(Table(kind.columns, pad, rows), theme, kind.title)


class Drill(QWidget):
    """What stands under one parent. `enter` goes one level down, `back` one up; a click chooses a line.

    `made`: its grids, one a page, and its view of the tape, where they were made before.
    """

    replay_wanted = Signal(object)  # event time, ns
    why_wanted = Signal(str, str, object)  # section, field, row
    left = Signal()  # back, from the top

    def __init__(
        self,
        theme: Theme,
        pad: Pad,
        port: LookbackPort | None = None,
        *,
        made: tuple[list[FittingGrid], TapeView] | None = None,
    ) -> None:
        super().__init__()
        self.pad, self.theme, self.row = pad, theme, -1
        self.where: tzinfo = UTC
        self.algo: int | None = None  # arena indices of what is chosen
        self.child: int | None = None
        self._rows: dict[str, Rows] = {page.section: np.zeros(0, drill_columns.ALGO) for page in _PAGES}
        grids, tape = made or ([grid_of(page, theme, pad) for page in PAGES], TapeView(theme, port))
        self.grids = grids
        self.crumbs, self.more, self.tabs = Caption(theme, "ink"), QPushButton(), QTabWidget()
        self.tape = tape
        self.tape.replay_wanted.connect(self.replay_wanted)
        self._build()

    # -- what is shown -------------------------------------------------------------------------------------------

    def show_order(self, row: int, *, other: bool) -> None:
        """Show a parent by its row on the board; `other`: not the one before, so nothing is chosen below it."""
        self.row = row
        if other:
            self.algo = self.child = None
            for grid in self.grids:
                grid.chosen = -1
            self.tape.clear()
        for section in ("children", "fills", "events"):
            rows = self.pad.rows_of(section, row)
            self._rows[section] = rows
        events = self._rows["events"]
        self._rows["events"] = events[events["kind"] != 0]
        self._rows["algos"] = algo_orders(self._rows["children"], self._rows["fills"], self._rows["events"], self.pad)
        self._narrow(other=other)

    def set_zone(self, where: tzinfo) -> None:
        """Time zone of all times."""
        self.where = where
        for grid in self.grids:
            grid.table.where = where
            grid.viewport().update()
        self.tape.set_zone(where)

    def fade(self, faded: bool) -> None:
        """Grey everything."""
        for grid in self.grids:
            grid.fade(faded)
        self.tape.fade(faded)

    def dress(self, theme: Theme) -> None:
        """Change the colours."""
        self.theme = theme
        self.crumbs.dress(theme)
        for grid in self.grids:
            grid.dress(theme)
        self.tape.dress(theme)
        self._say()

    # -- going down and up ---------------------------------------------------------------------------------------

    def enter(self) -> None:
        """One level down: the chosen line, or the first one, and what stands under it."""
        here = self.tabs.currentIndex()
        grid = self.grids[here]
        if not len(grid.table.order):
            return
        line = max(grid.table.line_of(grid.chosen), 0)
        self._pick(here, int(grid.table.order[line]))
        if here < FILLS:
            self.tabs.setCurrentIndex(here + 1)
        self.grids[self.tabs.currentIndex()].setFocus()

    def back(self) -> None:
        """One level up; from the top `left` says so."""
        here = self.tabs.currentIndex()
        if here >= FILLS and self.child is not None:
            self.child = None
        elif here != ALGOS and self.algo is not None:
            self.algo = None
        elif here == ALGOS:
            self.left.emit()
            return
        self.tabs.setCurrentIndex(CHILDREN if here >= FILLS else ALGOS)
        self._narrow(other=True)
        self.grids[self.tabs.currentIndex()].setFocus()

    def _pick(self, page: int, row: int) -> None:
        grid = self.grids[page]
        grid.choose(row)
        line = grid.table.rows[row]
        if page == ALGOS:
            self.algo, self.child = int(line["algo_order_id"]), None
        elif page == CHILDREN:
            self.child = int(line["child_id"])
        self._narrow(other=False)
        self._look(page, line)

    def _look(self, page: int, line: np.void) -> None:
        say = self.pad.text
        times = {ALGOS: "first_ts", CHILDREN: "ts_new", FILLS: "ts_match", MESSAGES: "ts"}
        ts = int(line[times[page]])
        if ts == NULL and page == FILLS:
            ts = int(line["ts_event"])
        parent = self.pad.parents[self.row]
        instrument = int(line["instrument"]) if page != ALGOS else 0
        venue = say(int(line["venue"])) if page in {CHILDREN, FILLS} else ""
        label = say(int(line[_PAGES[page].name])) or _PAGES[page].title
        spot = Spot(
            label, say(int(line["source"])), int(line["seq"]), ts, say(instrument or int(parent["instrument"])), venue
        )
        self.tape.look(spot, self._venues())

    def _venues(self) -> list[str]:
        every = np.concatenate([self._rows["children"]["venue"], self._rows["fills"]["venue"]])
        return sorted(said for said in map(self.pad.text, distinct(every).tolist()) if said)

    # -- narrowing -----------------------------------------------------------------------------------------------

    def _narrow(self, *, other: bool) -> None:
        for number, page in enumerate(_PAGES):
            rows = self._rows[page.section]
            if number > ALGOS and self.algo is not None:
                rows = rows[rows[page.algo] == self.algo]
            if number in _CHILD and self.child is not None:
                rows = rows[rows[_CHILD[number]] == self.child]
            self._put(number, rows, other=other)
            title = f"{page.title}  {text.number(len(rows))}"
            if title != self.tabs.tabText(number):
                self.tabs.setTabText(number, title)
        self._say()

    def _put(self, number: int, rows: Rows, *, other: bool) -> None:
        """Show rows; the chosen line is kept by its name, wherever it stands now."""
        grid, name = self.grids[number], _PAGES[number].name
        kept = grid.table.rows[grid.chosen][name] if 0 <= grid.chosen < len(grid.table.rows) else None
        had = grid.table.rows[name]
        if not other and len(had) <= len(rows) and np.array_equal(had, rows[name][: len(had)]):
            grid.table.renew(rows)
            grid.table.touch(np.arange(len(rows)), grid.shown_lines())
        else:
            grid.table.replace(rows)
        found = np.flatnonzero(rows[name] == kept) if kept is not None else np.empty(0, np.int64)
        chosen = int(found[0]) if len(found) else -1
        if chosen != grid.chosen:
            grid.choose(chosen)

    def _say(self) -> None:
        say, words = self.pad.text, []
        if 0 <= self.row < len(self.pad.parents):
            words.append(say(int(self.pad.parents[self.row]["parent_id"])))
        if self.algo is not None:
            words.append(say(self.algo) or "no algo order")
        if self.child is not None:
            words.append(say(self.child))
        self.crumbs.setText("  ▸  ".join(words))
        hidden = self.grids[max(self.tabs.currentIndex(), 0)].hidden
        self.more.setText(f"+{hidden} columns" if hidden else "fewer columns")
        wanted = bool(hidden) or self.more.isChecked()
        if self.more.isHidden() == wanted:
            self.more.setVisible(wanted)

    # -- building ------------------------------------------------------------------------------------------------

    def _build(self) -> None:
        self.more.setCheckable(True)
        self.more.setToolTip("columns that do not fit: all of them with a scroll bar, or only what fits")
        self.tabs.setDocumentMode(True)
        self.tabs.tabBar().setDrawBase(False)
        for number, (page, grid) in enumerate(zip(_PAGES, self.grids, strict=True)):
            self.tabs.addTab(grid, page.title)
            grid.picked.connect(lambda row, at=number: self._pick(at, row))
            grid.doubleClicked.connect(lambda index, at=number: self._ask_why(at, index))
            grid.fitted.connect(lambda _hidden: self._say())
            grid.entered.connect(self.enter)
            self.more.toggled.connect(grid.show_all)
            offer_csv(grid, page.title.lower().replace(" ", "_"))
        self.more.toggled.connect(lambda _on: self._say())
        self.tabs.currentChanged.connect(lambda _page: self._say())
        self.tabs.setCurrentIndex(CHILDREN)
        head, halves, layout = QHBoxLayout(), QSplitter(Qt.Orientation.Vertical), QVBoxLayout(self)
        head.setContentsMargins(6, 2, 4, 0)
        head.addWidget(self.crumbs, 1)
        head.addWidget(self.more)
        for part in (self.tabs, self.tape):
            halves.addWidget(part)
        halves.setSizes([210, 240])
        halves.setChildrenCollapsible(False)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(1)
        layout.addLayout(head)
        layout.addWidget(halves, 1)

    def _ask_why(self, page: int, index: QModelIndex) -> None:
        table = self.grids[page].table
        if index.isValid() and index.row() < len(table.order):
            field = table.columns[index.column()].name
            self.why_wanted.emit(_PAGES[page].section, field, table.rows[table.order[index.row()]])
