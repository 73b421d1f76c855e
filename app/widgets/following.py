"""One frame of the desk: what the board brought goes to the parts that show it, heavy works one a frame."""

from collections.abc import Callable, Sequence
from datetime import UTC, tzinfo
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol, runtime_checkable

import numpy as np
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QLabel, QWidget

from app.widgets import format as text
from app.widgets.alert_desk import AlertDesk
from app.widgets.blotter import Blotter
from app.widgets.bridge import Bridge
from app.widgets.confirm import Confirm
from app.widgets.course import course_of
from app.widgets.drill_side import DrillSide
from app.widgets.frames import FRAME, Works
from app.widgets.health import Alarm, Health
from app.widgets.overview import Overview
from app.widgets.pad import Pulled
from app.widgets.playback import PlaybackBar
from app.widgets.ports import Ports
from app.widgets.scorecard import Scorecard
from app.widgets.theme import Theme

if TYPE_CHECKING:
    from app.widgets.trace import Trace

_DRAW_NS: Final = 200_000_000  # between two drawings of a path that is still being read
_ASK_NS: Final = 250_000_000  # between two questions why the engine ended
_TELL_NS: Final = 100_000_000  # between two sayings of a state that is still the same


@runtime_checkable
class Part(Protocol):
    """What every mounted widget must be able to do."""

    def fade(self, faded: bool) -> None:
        """Grey everything: what is shown may no longer be true."""

    def dress(self, theme: Theme) -> None:
        """Change the colours."""


@runtime_checkable
class Zoned(Protocol):
    """A part that shows times."""

    def set_zone(self, where: tzinfo) -> None:
        """Time zone of every time it shows."""


class FollowedWindow(Protocol):
    """The window as far as a frame needs it."""

    bridge: Bridge
    ports: Ports
    blotter: Blotter
    health: Health
    alarm: Alarm
    note: QLabel
    confirm: Confirm
    playback: PlaybackBar | None
    scorecard: Scorecard
    overview: Overview
    drill_side: DrillSide
    alerts: AlertDesk
    local: bool
    is_complete: bool

    @property
    def parts(self) -> Sequence[Part]:
        """Whatever greys with the window."""

    @property
    def followers(self) -> Sequence[Callable[[bool], object]]:
        """Called when figures of the chosen order are new; True: it is another order."""

    def share_room(self, orders: int) -> None:
        """As many orders are on the board."""


class Following(QObject):
    """Shows every pull of the board's; `trace` is there from the second stage on."""

    def __init__(self, window: FollowedWindow) -> None:
        super().__init__()
        self._window, self._bridge = window, window.bridge
        self.trace: Trace | None = None
        self.where: tzinfo = UTC
        self._reason, self._asked, self._drawn = "", 0, 0
        self._owed = False  # newer figures of the chosen order are to be shown
        self._works, self._is_other = Works(), False  # the path to be shown is of another order than the last
        self._told, self._told_at = self._bridge.pad.pulse, 0  # what was said last of the state, and when
        self._seen, self._rested = 0, False  # drawings of the trace seen; the blotter rested in the frame before
        self._bridge.pulled.connect(self.show_pulled)
        self._bridge.chosen.connect(lambda _row: self.show_chosen(other=True))

    def show_pulled(self, pulled: Pulled) -> None:
        """One frame."""
        window, row = self._window, self._bridge.row
        drawn = self.trace.drawn if self.trace is not None else 0
        window.blotter.hold("pre-flight", window.drill_side.is_asking())
        self._rested = self._seen != drawn and not self._rested and not pulled.reset
        if pulled.reset:  # before anything is painted: rows of another epoch name texts of another arena
            self.show_chosen(other=True)
        window.blotter.show_pulled(pulled, rest=self._rested)
        window.alerts.show_pulled(pulled, later=not window.is_complete)
        window.overview.show_pulled(pulled)
        window.share_room(len(self._bridge.pad.parents))
        news = pulled.sections & {"fills", "children", "events"} or bool(np.any(pulled.parents == row))
        self._owed = pulled.reset or bool(news) or self._owed
        if self._owed and not self._rested:
            self._owed = False
            self.show_chosen(other=False)
        elif "trace" in pulled.sections and self._is_course_due():
            self._works.add("course", self._bridge.now(), self._show_course)
        self._works.run(self._bridge.now())
        self._seen = self.trace.drawn if self.trace is not None else 0
        pulse = self._bridge.pad.pulse
        if pulse != self._told or self._bridge.now() - self._told_at >= _TELL_NS or not FRAME.is_counting():
            self.show_state()

    def show_chosen(self, *, other: bool) -> None:
        """The chosen order in every part that shows one; `other`: it is not the one before.

        Another order is named at once wherever one is; its path, and newer figures, come as the frame has room.
        """
        now = self._bridge.now()
        self._window.confirm.follow(self._bridge.wanted)
        if other:
            self._works.drop("followers")
            self._works.drop("scorecard")
            self._show_card()
            self._follow(other=True)
        else:
            self._works.add("followers", now, partial(self._follow, other=False))
            self._works.add("scorecard", now, self._show_card)
        self._is_other |= other
        self._works.add("course", now, self._show_course)
        self._works.run(now)

    def _follow(self, *, other: bool) -> None:
        for follow in self._window.followers:
            follow(other)

    def _show_card(self) -> None:
        pad, row = self._bridge.pad, self._bridge.row
        known = 0 <= row < len(pad.parents)
        beside = pad.beside("evidence", row) if known else None
        self._window.scorecard.record = pad.meta().get("aa", "")
        self._window.scorecard.show_order(pad.parents[row] if known else None, beside)

    def take(self, trace: "Trace") -> None:
        """The trace has come."""
        self.trace = trace
        self._is_other = True
        self._show_course()

    def set_zone_of(self, part: QWidget) -> None:
        """A part that has just come shows times as the others do."""
        if isinstance(part, Zoned):
            part.set_zone(self.where)

    def _is_course_due(self) -> bool:
        """A long path that is being read is drawn a few times a second, and once it is all there."""
        now = self._bridge.now()
        if not self._bridge.pad.settled() and now - self._drawn < _DRAW_NS:
            return False
        self._drawn = now
        return True

    def _show_course(self) -> None:
        if self.trace is not None:
            other, self._is_other = self._is_other, False
            self.trace.show_course(course_of(self._bridge.pad, self._bridge.row), other=other)

    def show_state(self) -> None:
        """Whether the figures can be trusted, and up to when they hold, everywhere."""
        pad, window = self._bridge.pad, self._window
        self._told, self._told_at = pad.pulse, self._bridge.now()
        name = pad.meta().get("timezone", "") if window.local else ""
        where = text.zone(name)
        if where != self.where:
            self.where = where
            for part in window.parts:
                if isinstance(part, Zoned):
                    part.set_zone(where)
        window.health.show_state(pad, name, window.alerts.words())
        window.alarm.show_pulse(pad.pulse, self._why_stale())
        note = pad.meta().get("note", "")
        if note != window.note.text():
            window.note.setText(note)
            window.note.setVisible(bool(note))
        if window.playback:
            window.playback.show_state(pad, name)
        for part in window.parts:
            part.fade(pad.pulse.stale)

    def _why_stale(self) -> str:
        """Why the engine ended or does not come up, as the supervisor says; asked only while it matters."""
        engine, now = self._window.ports.engine, self._bridge.now()
        if engine is None or self._bridge.pad.pulse.life not in {"stale", "waiting"}:
            self._reason = ""
        elif not self._reason or now - self._asked >= _ASK_NS:
            self._reason, self._asked = engine.reason(), now
        return self._reason
