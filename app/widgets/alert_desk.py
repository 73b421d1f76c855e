"""Alerts on the screen: marks in the rows, toasts in the corner, what the trader does with them.

Those of the evidence stand apart from those of the level, and before them; they share the toasts of an hour.
"""

from collections.abc import Callable
from typing import Final

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.board import distinct
from app.engine.units import NULL, SECOND
from app.widgets.alerts import SHELF, Alert, Alerts, Case
from app.widgets.blotter import Blotter
from app.widgets.bridge import Bridge
from app.widgets.corner import Toasts
from app.widgets.evidence_card import NO_RECORD
from app.widgets.order_grid import NEW, SEEN, SHELVED
from app.widgets.pad import Pulled
from app.widgets.watch import Watch

FLASH_NS: Final = 1_200_000_000  # screen time a row is lit after its level rose
_LETTERS: Final = {"new": NEW, "seen": SEEN, "shelved": SHELVED}
_EXPIRY_NS: Final = SECOND
_AT_ONCE: Final = 500  # orders looked at in a frame


class AlertDesk(QObject):
    """Feeds the alerts with what the board says and shows what became of them."""

    changed = Signal()

    def __init__(self, bridge: Bridge, blotter: Blotter, toasts: Toasts, action: Callable[[], str]) -> None:
        super().__init__(blotter)
        self.alerts = Alerts(title="LEVEL RED")
        self.leaks = Alerts(title="LEAK", times=self.alerts.times)  # of the evidence
        self._lights = (self.leaks, self.alerts)
        self._bridge, self._blotter, self._toasts, self._action = bridge, blotter, toasts, action
        self._lit: dict[int, int] = {}  # row -> screen time its flash ends
        self._since = np.empty(0)
        self._watches = Watch("status"), Watch()
        self._cases: tuple[list[Case], list[Case]] = ([], [])  # of each light, found since the last step
        self._noted = np.empty(0, np.int64)  # rows to be looked at
        self._anew = False  # rows are numbered anew
        self._checked = 0
        self._said: tuple[str, str] | None = None  # None: to be counted anew
        toasts.wanted.connect(bridge.choose_id)

    def show_pulled(self, pulled: Pulled, *, later: bool = False) -> None:
        """One frame: orders that changed, shelves that end, ages that grow. `later`: they are noted only."""
        pad, now = self._bridge.pad, self._bridge.now()
        self._note(pulled)
        if later or pad.watermark == NULL or pad.pulse.stale:
            return
        due = now - self._checked >= _EXPIRY_NS
        if not len(self._noted) and not due:
            return
        self._look()
        if len(self._noted):
            return
        self._checked = now if due else self._checked
        moved = self._step(now) or self._anew
        self._anew = False
        if moved:
            self._mark()
        if moved or due:
            self._said = None
            self._age(now)
            self.changed.emit()

    @property
    def is_settled(self) -> bool:
        """True when every order that changed has been looked at."""
        return not len(self._noted)

    def _note(self, pulled: Pulled) -> None:
        """Orders that are to be looked at."""
        if pulled.reset:
            for watch, cases in zip(self._watches, self._cases, strict=True):
                watch.forget()
                cases.clear()
            self._noted, self._anew = pulled.parents, True
        elif len(pulled.parents):
            self._noted = distinct(np.concatenate([self._noted, pulled.parents]))

    def _look(self) -> None:
        """Look at what is noted: a whole board some orders a frame, told at once when all of it has been seen."""
        rows, self._noted = self._noted[:_AT_ONCE], self._noted[_AT_ONCE:]
        for watch, cases in zip(self._watches, self._cases, strict=True):
            cases += watch.cases(self._bridge.pad, rows, self._blotter.me) if len(rows) else []

    def _step(self, now: int) -> bool:
        """Bring the alerts of both lights up to date; True when a mark has changed."""
        pad, moved, toasts = self._bridge.pad, False, []
        for alerts, cases in zip(self._lights, self._cases, strict=True):
            before = len(alerts.open)
            toasts += alerts.step(pad.watermark, cases)
            cases.clear()
            for alert in alerts.risen:
                self._lit[self._row(alert.order)] = now + FLASH_NS
            moved |= bool(alerts.risen) or len(alerts.open) != before
        if toasts:
            self._toasts.show_toasts(toasts, self._action())
        return moved

    # -- what the trader does ------------------------------------------------------------------------------------

    def acknowledge(self) -> None:
        """The chosen order's alerts have been seen."""
        self._do(lambda alerts, order, _now: alerts.acknowledge(order))

    def shelve(self) -> None:
        """The chosen order's alerts keep quiet for a quarter of an hour of event time."""
        self._do(lambda alerts, order, now: alerts.shelve(order, now + SHELF))

    def rearm(self) -> None:
        """The chosen order's alerts may ask again."""
        self._do(lambda alerts, order, _now: alerts.rearm(order))

    def acknowledge_all(self) -> None:
        """Every alert has been seen."""
        self._do(lambda alerts, _order, _now: [alerts.acknowledge(order) for order in list(alerts.open)])

    def go(self) -> None:
        """Choose the oldest alert that nobody has seen, red before amber, a leak before a level."""
        for level in ("RED", "AMBER"):
            for alerts in self._lights:
                new = [one for one in alerts.open.values() if one.state == "new" and one.level == level]
                if new:
                    self._bridge.choose_id(min(new, key=lambda alert: alert.since).order)
                    return

    def words(self) -> tuple[str, str]:
        """For the strip: counts with shape and word; for the tooltip: the rest."""
        if self._said is None:
            self._said = self._counted()
        return self._said

    def _counted(self) -> tuple[str, str]:
        pad = self._bridge.pad
        amber, red = self.alerts.unseen()
        said = f"■ {red} red  ▲ {amber} amber"
        if len(pad.parents) and pad.parents["status"].any():
            weak, strong = self.leaks.unseen()
            said = f"leak ■ {strong} ◆ {weak}   level ■ {red} ▲ {amber}"
        held = self.alerts.waiting() + self.leaks.waiting()
        waiting = f"\n{held} wait for the digest" if held else ""
        tip = (
            f"alerts nobody has acknowledged: of the evidence (leak) and of the cost (level)\n"
            f"{self.alerts.per_hour(pad.watermark)} toasts in the last hour of event time, "
            f"budget {self.alerts.budget}, then a digest{waiting}\n{pad.meta().get('aa', '') or NO_RECORD}"
        )
        return said, tip

    # -- inside --------------------------------------------------------------------------------------------------

    def _do(self, act: "Callable[[Alerts, str, int], object]") -> None:
        for alerts in self._lights:
            act(alerts, self._bridge.wanted, self._bridge.pad.watermark)
        self._said = None
        self._mark()
        self._age(self._bridge.now())
        self.changed.emit()

    def _row(self, order: str) -> int:
        row = self._watches[1].rows.get(order, -1)
        return row if row >= 0 else self._bridge.pad.find(order)

    def _mark(self) -> None:
        """Which rows carry a mark, and since when."""
        self._since = np.full(len(self._bridge.pad.parents), np.nan)
        badges = {}
        everyone = [*self.alerts.open.values(), *self.leaks.open.values()]
        for alert in sorted(everyone, key=_weight):  # of two on one order the heavier one is shown
            row = self._row(alert.order)
            if 0 <= row < len(self._since):
                badges[row] = (_LETTERS[alert.state], "red" if alert.level == "RED" else "amber")
                self._since[row] = alert.since
        self._blotter.grid.badges = self._blotter.table.badges = badges

    def _age(self, now: int) -> None:
        """Ages grow, flashes end."""
        grid, table = self._blotter.grid, self._blotter.table
        table.extras["alert_age"] = np.maximum(self._bridge.pad.watermark - self._since, 0)
        self._lit = {row: end for row, end in self._lit.items() if end > now}
        grid.flashing = {row: grid.badges[row][1] for row in self._lit if row in grid.badges}
        if grid.badges or grid.flashing:
            grid.repaint_marks()


def _weight(alert: Alert) -> tuple[bool, bool]:
    """What asks for eyes before what was seen, red before amber."""
    return alert.state == "new", alert.level == "RED"
