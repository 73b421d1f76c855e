"""Health strip: are the figures alive, where do they come from, up to when do they hold, are two runs the same."""

import re
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLabel, QPushButton, QWidget

from app.engine.units import NULL, SECOND
from app.widgets import format as text
from app.widgets.pad import STARTING, Pad, Pulse
from app.widgets.phrase import Phrase, Run
from app.widgets.theme import Theme

# life of the board: shape, word, tone
LIVES: Final = {
    "live": ("●", "LIVE", "good"),
    "paused": ("‖", "PAUSED", "amber"),
    "ended": ("■", "ENDED", "accent"),
    "past": ("◀", "AS IT WAS", "accent"),
    "stale": ("▲", "STALE", "red"),
    "waiting": ("○", "WAITING", "amber"),
    "refused": ("✕", "REFUSED", "red"),
}
# what a source says of itself: shape, tone
STATES: Final = {
    "up": ("●", "good"),
    "live": ("●", "good"),
    "lag": ("◐", "amber"),
    "gap": ("▲", "amber"),
    "stale": ("◇", "red"),
    "down": ("■", "red"),
    "": ("○", "faint"),
}
LAG_NS: Final = 5 * SECOND  # event time a source may stand behind the watermark
_APART: Final = "    "  # between two sources
_NO_CLOCK: Final = "not measured in a session of recorded or simulated time"


class Health(QWidget):
    """One line of state; the sentence of a stale board takes the whole line below."""

    zone_wanted = Signal()
    theme_wanted = Signal()
    alarm_wanted = Signal()
    view_wanted = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme = theme
        self._compact, self._held = False, list[QWidget]()
        self._fits = False  # nothing has changed since the labels were given their room
        self.labels = tuple(Phrase(theme) for _ in range(7))
        self.life, self.session, self.sources, self.engine, self.hashes, self.alarms, self.clock = self.labels
        self.clock.setToolTip("event time up to which every figure holds; click: local time or UTC")
        self.hashes.clicked.connect(self._copy_hashes)
        self.clock.clicked.connect(self.zone_wanted)
        self.alarms.clicked.connect(self.alarm_wanted)
        self.dress_button = QPushButton("◐")
        self.dress_button.setToolTip("dark or light (Ctrl+L)")
        self.dress_button.setAccessibleName("dark or light")
        self.dress_button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.dress_button.clicked.connect(self.theme_wanted)
        self.view_button = QPushButton("View")
        self.view_button.setToolTip("docks, layout, compact, colours, time zone")
        self.view_button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.view_button.clicked.connect(self.view_wanted)
        layout = self._row = QHBoxLayout(self)
        layout.setContentsMargins(8, 3, 6, 3)
        layout.setSpacing(14)
        for part in (self.life, self.session, self.sources):
            layout.addWidget(part)
        layout.addStretch(1)
        for last in (self.engine, self.hashes, self.alarms, self.clock, self.view_button, self.dress_button):
            layout.addWidget(last)
        self.setMinimumWidth(120)  # narrower than its words: they go, the window stays

    def resizeEvent(self, event: QResizeEvent) -> None:
        """What does not fit goes, the least needed first."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Whole words or none: two labels never lie on each other."""
        if self._compact:
            return
        self._fits = True
        always = [self.life, self.alarms, self.clock, self.view_button, self.dress_button, *self._held]
        optional = (self.sources, self.session, self.hashes, self.engine)  # the last goes first
        margins, gap = self._row.contentsMargins(), self._row.spacing()
        room = self.width() - margins.left() - margins.right() - gap
        room -= sum(part.sizeHint().width() + gap for part in always)
        for part in optional:
            room -= part.sizeHint().width() + gap if part.text() else 0
            if part.isHidden() != (room < 0):
                part.setVisible(room >= 0)

    def hold(self, control: QWidget) -> None:
        """Give a control a place at the right end."""
        self._held.append(control)
        self._fits = False
        self._row.addWidget(control)

    def set_compact(self, compact: bool) -> None:
        """Life and alarms alone, or all of it."""
        self._compact, self._fits = compact, False
        for part in (
            self.session,
            self.sources,
            self.engine,
            self.hashes,
            self.clock,
            self.view_button,
            self.dress_button,
        ):
            part.setVisible(not compact)

    def show_state(self, pad: Pad, where_name: str, alarms: tuple[str, str] = ("", "")) -> None:
        """Everything the strip says, from the pad; `alarms`: their counts and what is behind them."""
        shape, word, tone = LIVES[pad.pulse.life]
        meta, (said, tip) = pad.meta(), alarms
        loud = "faint" if pad.pulse.stale else gravity(said)
        said_of = (
            (self.life, (Run(f"{shape} {word}", tone, bold=True),), pad.pulse.words),
            (self.session, (Run(meta.get("session", "")),), None),
            (self.sources, *self._sources(pad)),
            (self.engine, *self._engine(meta)),
            (self.hashes, *self._hashes(pad, meta, where_name)),
            (self.alarms, (Run(said, loud),), tip),
            (self.clock, self._clock(pad, where_name), None),
        )
        for phrase, runs, tip_of in said_of:
            self._fits = not phrase.say(runs, self.theme, tip_of) and self._fits
        if not self._fits:
            self._fit()

    def _sources(self, pad: Pad) -> tuple[tuple[Run, ...], str]:
        said, full = list[Run](), list[str]()
        for row in pad.table("sources"):
            source, state = pad.text(int(row["source"])), pad.text(int(row["state"])).lower()
            last, watermark = int(row["last_ts"]), pad.watermark
            lag = max(watermark - last, int(row["lag_ns"]), 0) if NULL not in {last, watermark} and last else NULL
            if state in {"up", "live"} and lag > LAG_NS and pad.pulse.life == "live":
                state = "lag"
            shape, tone = STATES.get(state, STATES[""])
            counts = {name: int(row[name]) for name in ("rows", "late", "gaps")}
            figures = [f"{text.number(n) if n != NULL else text.DASH} {word}" for word, n in counts.items()]
            behind = text.DASH if lag == NULL else text.duration(lag)
            odd = "  ".join(f for f, n in zip(figures[1:], list(counts.values())[1:], strict=True) if n > 0)
            said += [Run(f"{_APART if said else ''}{source} "),
                     Run(f"{shape} {state}", "faint" if pad.pulse.stale else tone), Run(f" {behind}")]  # fmt: skip
            said += [Run(f"  {odd}", "amber")] if odd else []
            full.append(f"{source}: {state}, {behind} behind, {', '.join(figures)}")
        meta = pad.meta()
        if meta.get("archive_trouble"):
            said.append(Run(f"{_APART if said else ''}▲ archive waits", "amber"))
        full += [f"archive: {meta[name]}" for name in ("archive", "archive_trouble") if meta.get(name)]
        return tuple(said), "\n".join(full)

    def _engine(self, meta: dict[str, str]) -> tuple[tuple[Run, ...], str]:
        offset, p99 = meta.get("clock_offset_ns", ""), meta.get("engine_p99_us", "")
        clock = f"{int(offset):+,} ns" if offset.lstrip("-").isdigit() else text.DASH
        words = f"clock {clock}  engine p99 {f'{p99} µs' if p99 else text.DASH}"
        known = [name for name, value in (("clock offset", offset), ("engine p99", p99)) if not value]
        why = meta.get("clock_offset_why", "") or _NO_CLOCK
        tip = f"clock offset: {why}" if offset else f"{' and '.join(known)}: {why}" if known else ""
        return (Run(words, "faint"),), tip

    def _hashes(self, pad: Pad, meta: dict[str, str], where_name: str) -> tuple[tuple[Run, ...], str]:
        run, output = (meta.get(name, "") for name in ("run_hash", "output_hash"))
        late = sum(max(int(row["late"]), 0) for row in pad.table("sources"))
        if late:
            badge, tone = f"▲ {text.number(late)} late market rows", "amber"
        else:
            badge, tone = compared(meta, where_name)
        if not run and not output:
            tip = "the run's tape is replayed beside it; its hashes of the whole day come with its end"
            return (Run(badge, tone),), tip
        words = f"  run {run[:10] or text.DASH}  out {output[:10] or text.DASH}"
        tip = f"run hash, everything as known then: {run}\noutput hash, as restated: {output}\nclick: copy both"
        return (Run(badge, tone), Run(words, "faint")), tip

    def _clock(self, pad: Pad, where_name: str) -> tuple[Run, ...]:
        if pad.watermark == NULL:
            return (Run(text.DASH),)
        where = text.zone(where_name)
        time = Run(text.clock(pad.watermark, where), bold=True)
        return Run(f"{text.date(pad.watermark, where)}  "), time, Run(f"  {where_name or 'UTC'}")

    def _copy_hashes(self) -> None:
        """Both in full, for a mail or a ticket; nothing where there is none yet."""
        lines = [line for line in self.hashes.toolTip().splitlines() if " hash, " in line]
        if lines:
            QApplication.clipboard().setText("\n".join(lines))


def gravity(said: str) -> str:
    """The tone of the counts of alerts: red where a square counts any, amber where another shape does."""
    counts = [(shape, int(count)) for shape, count in re.findall(r"([■◆▲]) (\d+)", said)]
    if any(count for shape, count in counts if shape == "■"):
        return "red"
    return "amber" if any(count for _shape, count in counts) else "faint"


def compared(meta: dict[str, str], where_name: str) -> tuple[str, str]:
    """The badge of the replay and its tone: both hashes, and the event time up to which they were compared."""
    output = meta.get("live_output_hash", "") or meta.get("output_hash", "")
    pairs = [(meta.get("live_run_hash", ""), meta.get("replay_run_hash", "")),
             (output, meta.get("replay_output_hash", ""))]  # fmt: skip
    known = [(live, replayed) for live, replayed in pairs if live and replayed]
    if not known:
        return "○ replay not compared", "faint"
    until = meta.get("checked_ns", "")
    to = f" to {text.clock(int(until), text.zone(where_name), 0)}" if until.isdigit() else ""
    if all(live == replayed for live, replayed in known):
        return f"● live = replay{to}", "good"
    return f"■ live ≠ replay{to}", "red"


class Alarm(QWidget):
    """The sentence over a board that cannot be trusted, with what mends it; takes no room while it can be."""

    restart_wanted = Signal()

    def __init__(self, theme: Theme, *, restartable: bool = False) -> None:
        super().__init__()
        self.setAccessibleName("State of the data")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.fault = ""  # of the desk itself; stays until the desk is started again
        self._restartable, self._calm = restartable, False
        self._words = QLabel()
        self._words.setWordWrap(True)
        self.restart = QPushButton("Restart the engine")
        self.restart.setAutoDefault(False)
        self.restart.clicked.connect(self.restart_wanted)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(10, 4, 10, 4)
        layout.addWidget(self._words, 1)
        layout.addWidget(self.restart)
        self.dress(theme)
        self.hide()

    def text(self) -> str:
        """The sentence, "" when there is none."""
        return self._words.text()

    def dress(self, theme: Theme) -> None:
        """Change the colours."""
        self._theme = theme
        self.setStyleSheet(f"Alarm {{ background: {theme.raised}; }}")
        self._colour()

    def show_pulse(self, pulse: Pulse, reason: str = "") -> None:
        """Say the pulse's sentence when it matters; `reason`: why the engine ended, or does not come up."""
        words = self.fault or (pulse.words if pulse.stale or pulse.life == "past" else "")
        starting = pulse.life == "waiting" and self._restartable and not self.fault
        if starting:
            words = f"The engine has not come up. {reason}" if reason else STARTING
        elif reason and pulse.stale and not self.fault:
            words += f". {reason}"
        if words != self._words.text():
            self._words.setText(words)
        if (calm := starting and not reason) != self._calm:
            self._calm = calm
            self._colour()
        due = pulse.life == "stale" or (starting and bool(reason))
        self.restart.setVisible(self._restartable and due and not self.fault)
        self.setVisible(bool(words))

    def _colour(self) -> None:
        tone = self._theme.accent if self._calm else self._theme.red
        self._words.setStyleSheet(f"color: {tone}; font-weight: 600;")
