"""The end of a drill-down: the message as it came, and the book as it stood at that nanosecond."""

from collections.abc import Sequence
from datetime import UTC, tzinfo
from functools import partial
from typing import Final, NamedTuple

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from app.widgets import format as text
from app.widgets.asking import Asker
from app.widgets.caption import dye
from app.widgets.ladder import Ladder
from app.widgets.lookback_port import Level, LookbackError, LookbackPort
from app.widgets.raw import RawView
from app.widgets.theme import Theme, figures_font

ASKING: Final = "asking the tape …"
NO_TAPE: Final = "No tape here: this board was opened without its session, so messages and books cannot be looked up."
CONSOLIDATED: Final = "all"


class Spot(NamedTuple):
    """A place on the tape: the message (source, seq), its time (ns), and the market it happened in."""

    label: str
    source: str
    seq: int
    ts_ns: int
    instrument: str
    venue: str = ""


class TapeView(QWidget):
    """Asks for the message and the book of one spot; neither is waited for by a frame."""

    replay_wanted = Signal(object)  # event time, ns: too long for a C int

    def __init__(self, theme: Theme, port: LookbackPort | None) -> None:
        super().__init__()
        self.port, self.spot = port, None  # type: tuple[LookbackPort | None, Spot | None]
        self.where: tzinfo = UTC
        self.asker = Asker(LookbackError, self)
        self.raw, self.ladder = RawView(theme), Ladder(theme)
        self.title, self.when = QLabel(), QLabel()
        self.venue, self.before = QComboBox(), QPushButton("before")
        self.replay = QPushButton("Replay from here")
        self.theme = theme
        self._build()
        self.clear()

    def look(self, spot: Spot, venues: Sequence[str] = ()) -> None:
        """Look at a spot; `venues` can be chosen for the ladder beside the consolidated book."""
        self.spot = spot
        chosen = self.venue.currentText()
        self.venue.blockSignals(True)
        self.venue.clear()
        self.venue.addItems([CONSOLIDATED, *venues])
        self.venue.setCurrentText(chosen if chosen in venues else CONSOLIDATED)
        self.venue.blockSignals(False)
        self._say()
        self._ask_raw(spot)
        self._ask_ladder()

    def clear(self, words: str = "Choose a child, a fill or a message.") -> None:
        """Nothing chosen."""
        self.spot = None
        for slot in ("raw", "ladder"):
            self.asker.forget(slot)
        self.raw.show_words(words)
        self.ladder.show_words("")
        self._say()

    def set_zone(self, where: tzinfo) -> None:
        """Time zone of the times."""
        self.where = where
        self._say()

    def fade(self, faded: bool) -> None:
        """Grey everything."""
        self.raw.fade(faded)
        self.ladder.fade(faded)

    def dress(self, theme: Theme) -> None:
        """Change the colours."""
        self.theme = theme
        self.raw.dress(theme)
        self.ladder.dress(theme)
        self._say()

    # -- asking --------------------------------------------------------------------------------------------------

    def _ask_raw(self, spot: Spot) -> None:
        if self.port is None:
            self.raw.show_words(NO_TAPE)
        elif not spot.source:
            self.raw.show_words("This line names no message.")
        else:
            self.raw.show_words(ASKING)
            self.asker.ask("raw", partial(self.port.raw, spot.source, spot.seq), self._raw_came)

    def _raw_came(self, raw: bytes | None, problem: str) -> None:
        if problem:
            self.raw.show_words(problem)
        elif raw is None:
            self.raw.show_words("The tape has no such message.")
        else:
            self.raw.show_raw(raw)

    def _ask_ladder(self) -> None:
        spot = self.spot
        if spot is None:
            return
        if self.port is None:
            self.ladder.show_words(NO_TAPE)
            return
        self.ladder.show_words(ASKING)
        named = self.venue.currentText()
        venue = None if named == CONSOLIDATED else named
        call = partial(self.port.ladder, spot.instrument, self._asked_ts(spot), venue)
        self.asker.ask("ladder", call, self._ladder_came)

    def _ladder_came(self, levels: list[Level] | None, problem: str) -> None:
        if problem or levels is None:
            self.ladder.show_words(problem)
        else:
            self.ladder.show_levels(levels)
            QTimer.singleShot(0, self, self._centre)

    def _centre(self) -> None:
        """The best prices in the middle of what is seen."""
        bar = self._scroll.verticalScrollBar()
        bar.setValue(self.ladder.middle() - self._scroll.viewport().height() // 2)

    def _asked_ts(self, spot: Spot) -> int:
        """The nanosecond asked for: that of the line, or the one before it."""
        return spot.ts_ns - 1 if self.before.isChecked() else spot.ts_ns

    def _turned(self) -> None:
        self._say()
        self._ask_ladder()

    def _say(self) -> None:
        spot = self.spot
        self.title.setText("" if spot is None else f"{spot.label}   {spot.source} {spot.seq if spot.source else ''}")
        self.when.setText("" if spot is None else f"book {text.clock(self._asked_ts(spot), self.where, 9)}")
        for part in (self.venue, self.before, self.replay):
            part.setEnabled(spot is not None)
        for label in (self.title, self.when):
            dye(label, self.theme.faint)

    def _build(self) -> None:
        self.before.setCheckable(True)
        self.before.setToolTip("the book one nanosecond earlier: without this event's own rows")
        self.replay.setToolTip("open the desk as it was at this time")
        self.before.toggled.connect(self._turned)
        self.venue.currentTextChanged.connect(self._turned)
        self.replay.clicked.connect(lambda: self.replay_wanted.emit(self.spot.ts_ns) if self.spot else None)
        for label in (self.title, self.when):
            label.setFont(figures_font())
        self.title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.venue.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        for button in (self.before, self.replay):
            button.setAutoDefault(False)
        self._scroll = QScrollArea()
        self._scroll.setWidget(self.ladder)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        halves = QSplitter(Qt.Orientation.Horizontal)
        halves.addWidget(_column([(self.title, self.replay)], self.raw))
        halves.addWidget(_column([(self.when, self.before, self.venue)], self._scroll))
        halves.setSizes([300, 370])
        halves.setChildrenCollapsible(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(halves)


def _column(heads: Sequence[Sequence[QWidget]], body: QWidget) -> QWidget:
    column, layout = QWidget(), QVBoxLayout()
    layout.setContentsMargins(4, 2, 0, 0)
    layout.setSpacing(2)
    for head in heads:
        line = QHBoxLayout()
        line.addWidget(head[0], 1)
        for part in head[1:]:
            line.addWidget(part)
        layout.addLayout(line)
    layout.addWidget(body, 1)
    column.setLayout(layout)
    return column
