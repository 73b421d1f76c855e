"""Health strip: are the figures alive, where do they come from, up to when do they hold, are two runs the same."""

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

from app.engine.units import NULL
from app.widgets import format as text
from app.widgets.pad import Pad, Pulse
from app.widgets.theme import Theme, figures_font

# life of the board: shape, word, tone
LIVES: Final = {
    "live": ("●", "LIVE", "good"),
    "paused": ("◆", "PAUSED", "amber"),
    "ended": ("■", "ENDED", "accent"),
    "stale": ("▲", "STALE", "red"),
    "waiting": ("○", "WAITING", "amber"),
    "refused": ("▲", "REFUSED", "red"),
}
# what a source says of itself: shape, tone
STATES: Final = {"up": ("●", "good"), "live": ("●", "good"), "down": ("■", "red"), "gap": ("▲", "amber")}


class ClockLabel(QLabel):
    """The watermark; a click changes between local time and UTC."""

    clicked = Signal()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Change the time zone of every time on the screen."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit()


class Health(QWidget):
    """One line of state; the sentence of a stale board takes the whole line below."""

    zone_wanted = Signal()
    theme_wanted = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme = theme
        self.life, self.session, self.sources, self.hashes = QLabel(), QLabel(), QLabel(), QLabel()
        self.clock = ClockLabel()
        self.clock.setToolTip("event time up to which every figure holds; click: local time or UTC")
        self.hashes.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.clock.clicked.connect(self.zone_wanted)
        dress = QPushButton("◐")
        dress.setToolTip("dark or light (Ctrl+L)")
        dress.setAccessibleName("dark or light")
        dress.clicked.connect(self.theme_wanted)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 3, 6, 3)
        layout.setSpacing(16)
        for part in (self.life, self.session, self.sources):
            layout.addWidget(part)
        layout.addStretch(1)
        for last in (self.hashes, self.clock, dress):
            layout.addWidget(last)
        for named in (self.life, self.session, self.sources, self.hashes, self.clock):
            named.setFont(figures_font())
        self.sources.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        layout.setStretchFactor(self.sources, 8)

    def show_state(self, pad: Pad, where_name: str) -> None:
        """Everything the strip says, from the pad."""
        shape, word, tone = LIVES[pad.pulse.life]
        self._set(self.life, f"<b>{self._tinted(f'{shape} {word}', tone)}</b>", pad.pulse.words)
        meta = pad.meta()
        self._set(self.session, meta.get("session", ""))
        self._set(self.sources, *self._sources(pad))
        self._set(self.hashes, *self._hashes(meta))
        self._set(self.clock, self._clock(pad, where_name))

    def _sources(self, pad: Pad) -> tuple[str, str]:
        said, full = [], []
        for row in pad.table("sources"):
            source, state = pad.text(int(row["source"])), pad.text(int(row["state"]))
            shape, tone = STATES.get(state.lower(), ("○", "faint"))
            tone = "faint" if pad.pulse.stale else tone
            counts = {name: int(row[name]) for name in ("rows", "late", "gaps")}
            figures = [f"{text.number(n) if n != NULL else text.DASH} {word}" for word, n in counts.items()]
            words = f"{self._tinted(f'{shape} {state}', tone)} {figures[0]}"
            if counts["late"] > 0 or counts["gaps"] > 0:
                words += "  " + self._tinted("  ".join(figures[1:]), "amber")
            said.append(f"{source} {words}")
            full.append(f"{source}: {state}, {', '.join(figures)}")
        return "&nbsp;&nbsp;&nbsp;&nbsp;".join(said), "\n".join(full)

    def _hashes(self, meta: dict[str, str]) -> tuple[str, str]:
        run, output = meta.get("run_hash", ""), meta.get("output_hash", "")
        if not run and not output:
            return "", ""
        words = f"run {run[:10] or text.DASH}  output {output[:10] or text.DASH}"
        return self._tinted(
            words, "faint"
        ), f"run hash, everything as known then: {run}\noutput hash, as restated: {output}"

    def _clock(self, pad: Pad, where_name: str) -> str:
        if pad.watermark == NULL:
            return text.DASH
        where = text.zone(where_name)
        return f"{text.date(pad.watermark, where)}  <b>{text.clock(pad.watermark, where)}</b>  {where_name or 'UTC'}"

    def _tinted(self, words: str, tone: str) -> str:
        return f"<span style='color:{getattr(self.theme, tone)}'>{words}</span>"

    @staticmethod
    def _set(label: QLabel, words: str, tip: str | None = None) -> None:
        if label.text() != words:
            label.setText(words)
        if tip is not None and label.toolTip() != tip:
            label.setToolTip(tip)


class Alarm(QLabel):
    """The sentence over a board that cannot be trusted; takes no room while it can."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setWordWrap(True)
        self.setAccessibleName("State of the data")
        self.fault = ""  # of the desk itself; stays until the desk is started again
        self.dress(theme)
        self.hide()

    def dress(self, theme: Theme) -> None:
        """Change the colours."""
        self.setStyleSheet(f"background: {theme.raised}; color: {theme.red}; font-weight: 600; padding: 5px 10px;")

    def show_pulse(self, pulse: Pulse) -> None:
        """Say the pulse's sentence when it matters."""
        words = self.fault or (pulse.words if pulse.stale else "")
        if words != self.text():
            self.setText(words)
        self.setVisible(bool(words))
