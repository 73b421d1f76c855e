"""Reaction chart: what the mid did around our own events, per class; markouts of the fills below, on one axis."""

import time
from collections.abc import Callable, Mapping
from typing import Final

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QIcon, QPixmap, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.engine.units import HORIZON_NS, SECOND
from app.widgets import format as text
from app.widgets.caption import say
from app.widgets.export import offer_picture
from app.widgets.horizons import PLACES, place
from app.widgets.painting import painting
from app.widgets.pane import Pane
from app.widgets.reaction_plots import ReactionPlots
from app.widgets.response import CLASSES, FEW, MARKOUT, PLACEBO, PLACEBO_OFF, POINTS_NS, Curve, Estimate
from app.widgets.symbols import Look, draw_symbol
from app.widgets.theme import RIBBON, Theme, figures_font

AGAIN_NS: Final = SECOND  # curves are looked up and drawn at most once a second, as often as the engine has new ones
# class -> symbol as on the trace, tone or colour
_LOOKS: Final = {
    "new": ("s", "accent"),
    "replace": ("d", RIBBON[1]),
    "cancel": ("x", "faint"),
    "aggressive": ("t1", "ink"),
    "passive": ("o", RIBBON[2]),
    MARKOUT: ("o", "accent"),
}
_AROUND: Final = 36  # pixels around a button's words: symbol, edges, gap
Work = Callable[[], Mapping[str, Curve]]


class Reaction(QWidget):
    """Two charts under each other. `show_order` takes the work to be done, and does it only when it is seen."""

    def __init__(self, theme: Theme, clock: Callable[[], int] = time.monotonic_ns) -> None:
        super().__init__()
        self.theme, self.faded = theme, False
        self.found: dict[str, Curve] = {}
        self._work: Work | None = None
        self._horizon: float | None = None  # its place on the axis
        self.with_placebo = True
        self._clock, self._done_at = clock, -AGAIN_NS
        self.buttons = {name: QPushButton(name) for name in CLASSES}
        self.placebo, self.readout = QLabel(PLACEBO), QLabel()
        self.area = ReactionPlots(theme, CLASSES, MARKOUT)
        self.panes, self.lines = self.area.panes, self.area.lines
        self._build()

    def show_order(self, work: Work | None, *, other: bool) -> None:
        """Another order, or newer figures of the same one; None shows nothing."""
        self._work = work
        if other or work is None:
            self._done_at = -AGAIN_NS
        self.refresh()

    def refresh(self) -> None:
        """Look the curves up when they are seen and a second old."""
        if self._work is None:
            self.found = {}
        elif self.isVisible() and self._clock() - self._done_at >= AGAIN_NS:
            self.found = dict(self._work())
            self._done_at = self._clock()
        self._draw()
        self._read()

    def show_horizon(self, place_of: int) -> None:
        """Read the figures at a horizon (its place in units.HORIZONS)."""
        self._horizon = self.area.chosen = place(HORIZON_NS[place_of])
        self.area.renew()
        self._read()

    def turn_placebo(self) -> None:
        """The placebo band on or off."""
        self.with_placebo = not self.with_placebo
        self._draw()

    def _read(self) -> None:
        """The figures at the chosen horizon, where one is chosen."""
        at = self._horizon
        known = at is not None and bool(self.found)
        self.readout.setText(
            f"{self.reading(at, markout=False)}    {self.reading(at, markout=True)}" if at is not None and known else ""
        )

    def showEvent(self, event: object) -> None:
        """Seen again: what was left undone is done."""
        super().showEvent(event)  # type: ignore[arg-type]
        self._done_at = -AGAIN_NS
        self.refresh()

    def fade(self, faded: bool) -> None:
        """Grey everything."""
        if faded != self.faded:
            self.faded = faded
            self._draw()

    def dress(self, theme: Theme) -> None:
        """Change the colours."""
        self.theme = theme
        self.area.theme = theme
        for label in (self.placebo, self.readout):
            label.setStyleSheet(f"color: {theme.faint}")
        for name, button in self.buttons.items():
            button.setIcon(_icon(_LOOKS[name][0], self._colour(_LOOKS[name][1])))
        self._draw()

    def reading(self, x: float, *, markout: bool) -> str:
        """The figures at the horizon nearest to a place on the axis."""
        at = min(range(len(POINTS_NS)), key=lambda k: abs(place(POINTS_NS[k]) - x))
        name = min(PLACES, key=lambda label: abs(PLACES[label] - place(POINTS_NS[at])))
        shown = [MARKOUT] if markout else [n for n in CLASSES if self.buttons[n].isChecked()]
        said = [f"{n} {self.found[n].estimates[at].words}" for n in shown if n in self.found]
        return f"{name}:  " + "    ".join(said).replace("-", text.MINUS)

    # -- drawing -------------------------------------------------------------------------------------------------

    def _draw(self) -> None:
        for name, line in self.lines.items():
            curve = self.found.get(name)
            button = self.buttons.get(name)
            if curve is None or not curve.events or (button is not None and not button.isChecked()):
                line.wipe()
                continue
            symbol, tone = _LOOKS[name]
            line.show(curve, self._colour(tone), symbol, zero=name != MARKOUT)
        self._name_buttons()
        self._draw_quiet()
        self._fit(self.panes[0], [n for n in CLASSES if self.buttons[n].isChecked()])
        self._fit(self.panes[1], [MARKOUT])
        self.area.renew()

    def _draw_quiet(self) -> None:
        """The placebo band of the class drawn that has most events: a band for each would hide them all."""
        drawn = {n: c for n in CLASSES if self.buttons[n].isChecked() and (c := self.found.get(n)) and c.events}
        known = [name for name, curve in drawn.items() if curve.has_band]
        name = max(known, key=lambda one: drawn[one].events) if known and self.with_placebo else ""
        self.area.show_quiet(drawn[name] if name else None)
        words = f"▒ placebo band of {name}" if name else FEW if drawn else PLACEBO
        say(self.placebo, words if self.with_placebo else PLACEBO_OFF)

    def _name_buttons(self) -> None:
        """Classes with the number of their events, or all without one where they would not fit beside each other."""
        named = {name: f"{name}  {text.number(c.events)}" if (c := self.found.get(name)) else name for name in CLASSES}
        need = sum(self.fontMetrics().horizontalAdvance(words) + _AROUND for words in named.values())
        for name, button in self.buttons.items():
            button.setText(named[name] if need <= self.width() else name)
            button.setToolTip(f"events of class {named[name]}; s(mid after - mid before)/mid; + = against us")

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Names and numbers, or names."""
        super().resizeEvent(event)
        self._name_buttons()

    def _fit(self, pane: Pane, names: list[str]) -> None:
        found = [e for name in names if name in self.found for e in self.found[name].estimates]
        values = [v for e in found for v in _span(e) if not text.undefined(v)]
        if pane is self.panes[0]:
            values += [*self.area.quiet.low.tolist(), *self.area.quiet.high.tolist()]
        low, high = min([0.0, *values]), max([0.0, *values])
        room = (high - low) * 0.12 or 1.0
        pane.y = (low - room, high + room)

    def _colour(self, tone: str) -> str:
        if self.faded:
            return self.theme.faint
        return tone if tone.startswith("#") else str(getattr(self.theme, tone))

    def _point(self, position: QPointF | None) -> None:
        number = self.area.pane_at(position) if position is not None else -1
        if position is None or number < 0 or not self.found:
            self._read()
            return
        self.readout.setText(self.reading(self.panes[number].x_at(position.x()), markout=bool(number)))

    # -- building ------------------------------------------------------------------------------------------------

    def _build(self) -> None:
        head, foot, layout = QHBoxLayout(), QHBoxLayout(), QVBoxLayout(self)
        for name, button in self.buttons.items():
            button.setCheckable(True)
            button.setChecked(name in {"new", "passive", "aggressive"})
            button.toggled.connect(lambda _on: self._draw())
            button.setIconSize(QSize(12, 12))
            button.setStyleSheet("padding: 2px 5px")  # five of them stand beside each other
            head.addWidget(button)
        head.addStretch(1)
        head.setSpacing(3)
        for label in (self.placebo, self.readout):
            label.setFont(figures_font())
        self.placebo.setToolTip(
            "grey band: where the mean of so many events lies 9 times of 10 if nothing answers them, from quiet\n"
            "moments of this symbol today, 2 s after anything of ours or more; not matched by spread or volatility\n"
            "P: on, off"
        )
        foot.addWidget(self.readout, 1)
        foot.addWidget(self.placebo)
        layout.setContentsMargins(4, 3, 4, 2)
        layout.setSpacing(2)
        layout.addLayout(head)
        layout.addWidget(self.area, 1)
        layout.addLayout(foot)
        self.area.pointed.connect(self._point)
        offer_picture(self, "the reaction chart")
        self.dress(self.theme)


def _icon(symbol: str, colour: str) -> QIcon:
    """The symbol of a class, for its button."""
    picture = QPixmap(12, 12)
    picture.fill(Qt.GlobalColor.transparent)
    with painting(picture) as (painter,):
        draw_symbol(painter, QPointF(6, 6), Look(symbol, 9, colour, colour))
    return QIcon(picture)


def _span(found: Estimate) -> tuple[float, float, float]:
    return found.mean, found.low, found.high
