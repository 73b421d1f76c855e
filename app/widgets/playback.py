"""Playback: the speed of a replay, asked for here, done by whoever feeds the engine."""

import re
from datetime import datetime, tzinfo
from typing import Final, Protocol, runtime_checkable

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPaintEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QLineEdit, QPushButton, QWidget

from app.engine.units import NULL, SECOND
from app.widgets import format as text
from app.widgets.pad import Pad
from app.widgets.painting import painting
from app.widgets.theme import Theme, figures_font

SPEEDS: Final[tuple[tuple[str, float | None], ...]] = (("1x", 1.0), ("10x", 10.0), ("60x", 60.0), ("Flat out", None))

HOW: Final = "11:20, 11:20:05 or +15 (minutes)"
_AHEAD: Final = re.compile(r"\+([0-9]{1,6})")  # no sign that only looks like a digit, no time beyond all calendars


class Playback(Protocol):
    """What the desk may ask of a replay; the answer is what the board then says (facts `speed` and `state`)."""

    def set_speed(self, speed: float | None) -> None:
        """Event seconds a second; None = as fast as it goes."""

    def pause(self) -> None:
        """Stop feeding; the engine stays alive."""

    def resume(self) -> None:
        """Go on."""


@runtime_checkable
class Jumping(Protocol):
    """A replay that can go to a time."""

    def jump(self, ts_ns: int) -> None:
        """Go flat out to an event time (ns), then on as before."""


def speed_word(speed: float | None) -> str:
    """A speed as the board's fact `speed` writes it: 1, 10, 2.5, flat."""
    return "flat" if speed is None else f"{speed:g}"


def time_of(words: str, near: int, where: tzinfo) -> int | None:
    """Event time (ns) of "11:20", "11:20:05" or "+15" (minutes ahead) on the day of `near`; None where unreadable."""
    said = words.strip()
    if ahead := _AHEAD.fullmatch(said):
        return near + int(ahead[1]) * 60 * SECOND
    for shape in ("%H:%M:%S", "%H:%M"):
        try:
            time = datetime.strptime(said, shape)  # noqa: DTZ007 - its day and zone are put on below
        except ValueError:
            continue
        day = datetime.fromtimestamp(near // SECOND, where)
        return round(day.replace(hour=time.hour, minute=time.minute, second=time.second).timestamp()) * SECOND
    return None


class Progress(QWidget):
    """How far the replay is, with its event time; a click asks for another place."""

    asked = Signal(float)  # fraction of the way

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme = theme
        self.fraction, self.words = 0.0, ""
        self.setFont(figures_font())
        self.setMinimumWidth(180)

    def sizeHint(self) -> QSize:
        """A bar with a line of text."""
        return QSize(320, 22)

    def show_at(self, fraction: float, words: str) -> None:
        """Show a fraction of the way, and what stands on it."""
        if (fraction, words) != (self.fraction, self.words):
            self.fraction, self.words = fraction, words
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Ask for the place under the mouse."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.asked.emit(event.position().x() / max(self.width(), 1))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """A filled bar under the text."""
        with painting(self) as (painter,):
            painter.setFont(self.font())
            bar = QRectF(0, self.height() - 5, self.width(), 3)
            painter.fillRect(bar, self.theme.colour("line"))
            bar.setWidth(self.width() * min(max(self.fraction, 0.0), 1.0))
            painter.fillRect(bar, self.theme.colour("accent"))
            painter.setPen(self.theme.colour("faint"))
            painter.drawText(0, 12, self.words)


class PlaybackBar(QWidget):
    """Play or pause, four speeds, progress. What was asked for is marked as pending until the board confirms it."""

    def __init__(self, playback: Playback, theme: Theme) -> None:
        super().__init__()
        self._playback = playback
        self._asked_speed = ""
        self._asked_state = ""
        self._paused = False
        self.play = QPushButton("Pause")
        self.play.setToolTip("Ctrl+Space")
        self.play.setFixedWidth(76)
        self.play.clicked.connect(self.toggle)
        self.speeds: dict[str, QPushButton] = {}
        self.progress = Progress(theme)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 2, 8, 2)
        layout.setSpacing(4)
        layout.addWidget(self.play)
        group = QButtonGroup(self)
        for title, speed in SPEEDS:
            button = QPushButton(title)
            button.setCheckable(True)
            button.clicked.connect(lambda _=False, speed=speed: self.ask_speed(speed))
            group.addButton(button)
            layout.addWidget(button)
            self.speeds[speed_word(speed)] = button
        self.jump = QLineEdit()
        self.jump.setPlaceholderText("go to  11:20")
        self.jump.setFixedWidth(96)
        self.jump.returnPressed.connect(self._jump_to_words)
        self._span = (NULL, NULL, NULL)  # start, end, now
        self._where: tzinfo = text.zone(None)
        can_jump = isinstance(playback, Jumping)
        self.jump.setEnabled(can_jump)
        self.jump.setToolTip(HOW if can_jump else "this replay cannot jump")
        self.progress.asked.connect(self._jump_to_fraction)
        layout.addWidget(self.jump)
        layout.addSpacing(8)
        layout.addWidget(self.progress, 1)

    def ask_speed(self, speed: float | None) -> None:
        """Ask for a speed."""
        self._asked_speed = speed_word(speed)
        self._playback.set_speed(speed)
        self._mark_pending(self.speeds.get(self._asked_speed), pending=True)

    def change_speed(self, steps: int) -> None:
        """The next speed up or down."""
        words = [speed_word(speed) for _, speed in SPEEDS]
        now = next((i for i, word in enumerate(words) if self.speeds[word].isChecked()), 0)
        self.ask_speed(SPEEDS[min(max(now + steps, 0), len(SPEEDS) - 1)][1])

    def jump_to(self, ts_ns: int) -> bool:
        """Ask to go to a time; False when it has passed or the replay cannot jump. The past is the lookback's."""
        _, _, now = self._span
        if not isinstance(self._playback, Jumping) or NULL in {now, ts_ns} or ts_ns <= now:
            return False
        self._playback.jump(ts_ns)
        return True

    def focus_jump(self) -> None:
        """Put the cursor into the time to go to."""
        self.jump.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.jump.selectAll()

    def _jump_to_words(self) -> None:
        wanted = time_of(self.jump.text(), self._span[2], self._where) if self._span[2] != NULL else None
        done = wanted is not None and self.jump_to(wanted)
        self.jump.setProperty("refused", not done)
        self.jump.setToolTip(
            "11:20, 11:20:05 or +15 (minutes)" if done else "a time ahead, as 11:20; the past: R on the trace"
        )
        self.jump.style().unpolish(self.jump)
        self.jump.style().polish(self.jump)
        if done:
            self.jump.clear()
            self.jump.clearFocus()

    def _jump_to_fraction(self, fraction: float) -> None:
        start, end, _ = self._span
        if NULL not in {start, end}:
            self.jump_to(start + round((end - start) * fraction))

    def toggle(self) -> None:
        """Ask to pause, or to go on."""
        self._asked_state = "playing" if self._paused else "paused"
        if self._paused:
            self._playback.resume()
        else:
            self._playback.pause()
        self._mark_pending(self.play, pending=True)

    def show_state(self, pad: Pad, where_name: str) -> None:
        """What the board says: speed, playing or paused or ended, how far."""
        meta = pad.meta()
        speed, state = meta.get("speed", ""), meta.get("state", "")
        ended = pad.pulse.life == "ended" or state == "ended"
        self._paused = state == "paused"
        if self._asked_state in {"", state}:
            self._asked_state = ""
            self._mark_pending(self.play, pending=False)
        self._say("Ended" if ended else "Play" if self._paused else "Pause")
        if self._asked_speed in {"", speed}:
            self._asked_speed = ""
            for word, button in self.speeds.items():
                self._mark_pending(button, pending=False)
                button.setChecked(word == speed)
        for button in (self.play, *self.speeds.values()):
            button.setEnabled(not ended)
        span = [
            int(meta[name]) if meta.get(name, "").lstrip("-").isdigit() else NULL for name in ("start_ns", "end_ns")
        ]
        self._span, self._where = (span[0], span[1], pad.watermark), text.zone(where_name)
        self.progress.show_at(*progress(pad.watermark, meta, where_name))

    def dress(self, theme: Theme) -> None:
        """Change the colours."""
        self.progress.theme = theme
        self.progress.update()

    def _say(self, word: str) -> None:
        if self.play.text() != word:
            self.play.setText(word)

    @staticmethod
    def _mark_pending(button: QPushButton | None, *, pending: bool) -> None:
        if button is not None and bool(button.property("pending")) != pending:
            button.setProperty("pending", pending)
            button.style().unpolish(button)
            button.style().polish(button)


def progress(watermark: int, meta: dict[str, str], where_name: str) -> tuple[float, str]:
    """Fraction of the session's time (facts `start_ns`, `end_ns`) and its words."""
    if watermark == NULL:
        return 0.0, "not started"
    now = text.clock(watermark, text.zone(where_name), 0)
    start, end = meta.get("start_ns", ""), meta.get("end_ns", "")
    if not (start.lstrip("-").isdigit() and end.lstrip("-").isdigit()) or int(end) <= int(start):
        return 0.0, now
    fraction = (min(max(watermark, int(start)), int(end)) - int(start)) / (int(end) - int(start))
    return fraction, f"{now}   {100 * fraction:.1f} % of {text.duration(int(end) - int(start))}"
