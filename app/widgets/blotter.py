"""The blotter: every parent order, live, sorted, filtered and grouped, with one of them chosen."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QObject, QSettings, Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QComboBox, QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from app.engine.units import MILLISECOND, SECOND
from app.widgets.bridge import Bridge
from app.widgets.caption import say
from app.widgets.format import number
from app.widgets.frames import FRAME
from app.widgets.groups import BY
from app.widgets.kept import edition, keep, kept
from app.widgets.order_grid import OrderGrid
from app.widgets.order_table import OrderTable
from app.widgets.pad import Pulled
from app.widgets.ports import Me
from app.widgets.theme import Theme, figures_font
from app.widgets.watch import orders_in, untrusted

ARRANGE_NS: Final = SECOND  # rows move at most once a second
HANDS_OFF_NS: Final = SECOND  # and not while the trader is clicking
_SAMPLE_NS: Final = 250 * MILLISECOND
SCOPES: Final = ("my", "desk", "all")


class Blotter(QWidget):
    """Filter line and grid of the parents."""

    filtered = Signal(str)

    def __init__(self, bridge: Bridge, theme: Theme, me: Me | None = None) -> None:
        super().__init__()
        self._bridge, self.me = bridge, me or Me()
        self.table = OrderTable(bridge.pad, bridge.pad.parents)
        self.grid = OrderGrid(self.table, theme)
        self.scope = "all"
        self._arranged = self._touched = self._sampled = 0
        self._unsettled = False  # figures have changed since the rows were last put in order
        self._held: set[str] = set()
        self._coming: NDArray[np.int64] | None = None  # order of the rows that is being drawn
        self._coming_ms = 0.0  # what finding it took the last time
        self._waiting: list[NDArray[np.int64]] = []  # rows with newer figures, not yet painted
        self._life = ""
        self._pinned: set[str] = set()  # ids: rows are numbered anew in a new epoch
        self._build()
        self.grid.picked.connect(self._picked)
        self.grid.pointed.connect(lambda over: self.hold("pointer", over))
        self.grid.horizontalHeader().sortIndicatorChanged.connect(lambda *_: self.grid.choose(self.grid.chosen))
        self.table.arranged.connect(self._forget_coming)
        bridge.chosen.connect(self._chosen)
        self.grid.order_by("attention", descending=True)

    # -- following the board -------------------------------------------------------------------------------------

    def show_pulled(self, pulled: Pulled, *, rest: bool = False) -> None:
        """Show what a frame brought: new rows at the end, newer figures in view, order once a second.

        `rest`: the frame has its work already; rows are painted anew in the next one.
        """
        pad, now = self._bridge.pad, self._bridge.now()
        if pulled.reset:
            self.table.pins = set()
            self.table.replace(pad.parents)
            self.grid.sparks.forget()
            self._arranged, self._waiting, self._coming = 0, [], None
        elif len(pulled.parents):
            self.table.renew(pad.parents)
            self._waiting.append(pulled.parents)
        if self._waiting and not rest:
            rows, self._waiting = np.concatenate(self._waiting), []
            self.table.touch(rows, self.grid.shown_lines())
        life, self._life = self._life, pad.pulse.life
        if pulled.sections & {"instruments", "sources"} or pulled.reset or life != self._life:
            self._show_trust()
        if len(pulled.parents):
            self._find_pins()
            self._sample(now)
        self._unsettled |= len(pulled.parents) > 0
        if self._unsettled and not self.held and not rest and now - max(self._arranged, self._touched) >= ARRANGE_NS:
            self._arrange(now)
        if self._bridge.row < 0 and not self._bridge.wanted and len(self.table.orders()):
            self._bridge.choose(int(self.table.orders()[0]))
        if self.grid.chosen != self._bridge.row:  # rows were numbered anew: what is highlighted is what is chosen
            self.grid.choose(self._bridge.row)
        self._count()

    def _arrange(self, now: int) -> None:
        """Rows move once those that come into view are drawn, a few a frame: none of them waits for all."""
        if self._coming is None:
            if not FRAME.grants(self._coming_ms, now - max(self._arranged, self._touched) - ARRANGE_NS):
                return
            before = FRAME.spent_ms()
            self._coming = self.table.coming()
            self._coming_ms = FRAME.spent_ms() - before
            if self._coming is not None and FRAME.is_counting():
                return  # the next frame begins to draw them
        coming = self._coming
        if coming is not None and len(coming) == len(self.table.order) and self.grid.prepare(coming):
            return
        self._arranged, self._unsettled, self._coming = now, False, None
        if coming is None or not self.table.move_to(coming):
            self.table.arrange()

    def _forget_coming(self) -> None:
        self._coming = None  # sorted, filtered, grouped anew since

    def _show_trust(self) -> None:
        pad = self._bridge.pad
        rows, exponents = orders_in(pad, untrusted(pad)), pad.exponents()
        if rows != self.grid.untrusted or exponents != self.table.exponents:
            self.grid.untrusted, self.table.exponents = rows, exponents
            self.grid.forget_tiles()

    def _sample(self, now: int) -> None:
        if now - self._sampled >= _SAMPLE_NS:
            self._sampled = now
            pad = self._bridge.pad
            if self.grid.sparks.sample(pad.parents["slip_arrival_bps"], pad.watermark):
                self.grid.viewport().update()

    # -- rows that hold still ------------------------------------------------------------------------------------

    @property
    def held(self) -> bool:
        """True while rows must not move."""
        return bool(self._held)

    def hold(self, why: str, on: bool) -> None:
        """Keep every row where it is, for a reason: the pointer is over the rows, an order action is armed."""
        if on == (why in self._held):
            return
        self._held ^= {why}
        self._count()

    # -- what is shown -------------------------------------------------------------------------------------------

    def set_scope(self, scope: str) -> None:
        """my, desk or all orders."""
        self.scope = scope
        mine = {"my": (("trader", self.me.trader),), "desk": (("desk", self.me.desk),)}.get(scope, ())
        self.table.set_scope(tuple(pair for pair in mine if pair[1]))
        self.scopes[scope].setChecked(True)
        self.grid.choose(self.grid.chosen)
        self._count()

    def set_group(self, by: str) -> None:
        """Put orders together by instrument, algo, trader or basket; "" = not."""
        self.table.set_group(by)
        self.groups.setCurrentIndex(max(self.groups.findData(by), 0))
        self.grid.choose(self.grid.chosen)

    def next_group(self) -> None:
        """Group by the next thing there is to group by, and at last by nothing."""
        ways = ["", *BY]
        self.set_group(ways[(ways.index(self.table.grouped_by) + 1) % len(ways)])

    def pin(self) -> None:
        """Keep the chosen order on top, or let it go."""
        if self._bridge.row >= 0:
            self.table.pin(self._bridge.row)
            self._pinned = {self._id(row) for row in self.table.pins}
            self.grid.choose(self.grid.chosen, show=True)

    def step(self, lines: int) -> None:
        """Choose the order some lines further down."""
        line = self.table.line_of(self.grid.chosen)
        last = len(self.table.order) - 1
        self.grid.step_to(min(max(line + lines if line >= 0 else 0, 0), last), 1 if lines > 0 else -1)

    def set_compact(self, compact: bool) -> None:
        """One narrow column of a desk, or all of it."""
        self.grid.set_compact(compact)
        for part in (*self.scopes.values(), self.groups, self.count):
            part.setVisible(not compact)

    def focus_filter(self) -> None:
        """Put the cursor into the filter."""
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    def save(self, settings: QSettings) -> None:
        """Keep columns, their widths and order."""
        keep(settings, "columns", self.grid.horizontalHeader().saveState(), self._edition())

    def restore(self, settings: QSettings) -> None:
        """Columns as they were, sorted as at first."""
        state = kept(settings, "columns", self._edition())
        if state is not None and self.grid.horizontalHeader().restoreState(state):
            self.grid.order_by("attention", descending=True)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Escape and Return leave the filter for the grid."""
        if watched is self.search and event.type() == QEvent.Type.KeyPress:
            key = event.key()  # type: ignore[attr-defined]
            if key in {Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter}:
                if key == Qt.Key.Key_Escape:
                    self.search.clear()
                self.grid.setFocus()
                return True
        return super().eventFilter(watched, event)

    # -- inside --------------------------------------------------------------------------------------------------

    def _edition(self) -> str:
        return edition((f"{number} {column.name}" for number, column in enumerate(self.table.columns)), 1)

    def _filter(self, words: str) -> None:
        self.table.set_filter(words)
        self._count()
        self.filtered.emit(words)

    def _picked(self, row: int) -> None:
        self._touched = self._bridge.now()
        self._bridge.choose(row)

    def _chosen(self, row: int) -> None:
        self.grid.choose(row, show=True)

    def _id(self, row: int) -> str:
        return self._bridge.pad.text(int(self._bridge.pad.parents["parent_id"][row]))

    def _find_pins(self) -> None:
        """Rows of pinned orders, where they were numbered anew."""
        if len(self.table.pins) < len(self._pinned):
            found = {self._bridge.pad.find(order) for order in self._pinned}
            self.table.pins = {row for row in found if row >= 0}

    def _count(self) -> None:
        shown, there = int(np.count_nonzero(self.table.order >= 0)), len(self.table.rows)
        words = f"{number(there)} order{'' if there == 1 else 's'}"
        if shown != there:
            words = f"{number(shown)} of {words}"
        if self.grid.chosen >= 0 and self.table.line_of(self.grid.chosen) < 0:
            words += "   chosen order filtered out"
        if self._held and self._unsettled:
            words = "rows held   " + words
        say(self.count, words)

    def _build(self) -> None:
        self.search = QLineEdit()
        self.search.setPlaceholderText("Filter:  TECH   sym:TECH   side:sell   level:red   status:leak   ( / )")
        self.search.setClearButtonEnabled(True)
        self.search.setMinimumWidth(80)
        self.search.textChanged.connect(self._filter)
        self.search.installEventFilter(self)
        self.count = QLabel()
        self.count.setFont(figures_font())
        top = QHBoxLayout()
        top.setContentsMargins(6, 3, 6, 3)
        top.setSpacing(4)
        top.addWidget(self.search, 1)
        self.scopes: dict[str, QPushButton] = {}
        group = QButtonGroup(self)
        tips = {"my": f"orders of {self.me.trader}", "desk": f"orders of {self.me.desk}", "all": "every order here"}
        for scope in SCOPES:
            button = QPushButton(scope.capitalize())
            button.setCheckable(True)
            button.setChecked(scope == self.scope)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            known = {"my": self.me.trader, "desk": self.me.desk}.get(scope, "all")
            button.setEnabled(bool(known))
            button.setToolTip(tips[scope] if known else "not said who you are: settings who/trader, who/desk")
            button.clicked.connect(lambda _=False, scope=scope: self.set_scope(scope))
            group.addButton(button)
            self.scopes[scope] = button
            top.addWidget(button)
        self.groups = QComboBox()
        self.groups.addItem("no groups", "")
        for by in BY:
            self.groups.addItem(f"by {by}", by)
        self.groups.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.groups.activated.connect(lambda _: self.set_group(str(self.groups.currentData())))
        top.addWidget(self.groups)
        top.addWidget(self.count)
        self.setMinimumWidth(160)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(top)
        layout.addWidget(self.grid, 1)
