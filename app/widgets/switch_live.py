"""A request on its way: the state it is in, and every message out and in as it happened."""

from datetime import UTC, tzinfo
from typing import Final

from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from app.widgets import fix_words
from app.widgets import format as text
from app.widgets.raw import RawView
from app.widgets.sheet import Cell, Line, Sheet
from app.widgets.switch_port import Live, Step
from app.widgets.theme import Theme, figures_font

TONES: Final = {"idle": "faint", "pending": "amber", "done": "good", "refused": "ink", "alarm": "red"}
_SHAPES: Final = {"idle": "○", "pending": "◆", "done": "●", "refused": "□", "alarm": "■"}
_ARROWS: Final = {"out": "→ out", "in": "← in", "note": "·"}


def step_lines(steps: tuple[Step, ...], where: tzinfo) -> list[Line]:
    """Time, direction, state, words, newest last; a message without words is named by its type."""
    return [
        (
            Cell(text.clock(step.ts_ns, where, 6), "faint", right=False),
            Cell(_ARROWS[step.direction], "accent" if step.direction == "out" else "ink", right=False),
            Cell(step.state, "faint", right=False),
            Cell(_words(step), right=False, tip=_words(step), field=str(number) if step.raw else ""),
        )
        for number, step in enumerate(steps)
    ]


def _words(step: Step) -> str:
    return step.words or fix_words.headline(step.raw)


class LiveView(QWidget):
    """The newest request on the bound order; a click on a message shows it tag by tag."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme, self.live = theme, None  # type: tuple[Theme, Live | None]
        self.where: tzinfo = UTC
        self.state = QLabel()
        self.state.setWordWrap(True)
        self.state.setFont(figures_font())
        self.steps = Sheet(theme, (4, 2, 1.5, 9), "Messages of the request")
        self.raw = RawView(theme)
        self.raw.setMinimumHeight(150)
        self.raw.hide()
        self.steps.asked.connect(self._show_raw)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3)
        for part in (self.state, self.steps, self.raw):
            layout.addWidget(part)
        self.hide()

    def show_live(self, live: Live | None) -> None:
        """What the control process last said; None: nothing was asked of this order."""
        if live == self.live:
            return
        if live is None or self.live is None or live.order_id != self.live.order_id:
            self.raw.hide()
        self.live = live
        self._say()

    def set_zone(self, where: tzinfo) -> None:
        """Time zone of the times."""
        self.where = where
        self._say()

    def dress(self, theme: Theme) -> None:
        """Change the colours."""
        self.theme = self.steps.theme = theme
        self.raw.dress(theme)
        self._say()
        self.steps.update()

    def _say(self) -> None:
        live = self.live
        self.setVisible(live is not None)
        if live is not None:
            self.state.setText(f"{_SHAPES[live.tone]}  {live.state}   {live.words}")
            colour = self.theme.colour(TONES[live.tone]).name()
            self.state.setStyleSheet(f"color: {colour}; font-weight: 600")
            self.steps.show_lines(step_lines(live.steps, self.where))

    def _show_raw(self, number: str) -> None:
        if self.live is not None and int(number) < len(self.live.steps):
            self.raw.show_raw(self.live.steps[int(number)].raw)
            self.raw.show()
