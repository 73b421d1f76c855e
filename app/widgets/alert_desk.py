"""Alerts on the screen: marks in the rows, toasts in the corner, what the trader does with them."""

from collections.abc import Callable
from typing import Final

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.engine.units import NULL, SECOND
from app.widgets.alerts import SHELF, Alerts
from app.widgets.blotter import Blotter
from app.widgets.bridge import Bridge
from app.widgets.corner import Toasts
from app.widgets.order_grid import NEW, SEEN, SHELVED
from app.widgets.pad import Pulled
from app.widgets.watch import Watch

FLASH_NS: Final = 1_200_000_000  # screen time a row is lit after its level rose
_LETTERS: Final = {"new": NEW, "seen": SEEN, "shelved": SHELVED}
_EXPIRY_NS: Final = SECOND


class AlertDesk(QObject):
    """Feeds the alerts with what the board says and shows what became of them."""

    changed = Signal()

    def __init__(self, bridge: Bridge, blotter: Blotter, toasts: Toasts, action: Callable[[], str]) -> None:
        super().__init__(blotter)
        self.alerts = Alerts()
        self._bridge, self._blotter, self._toasts, self._action = bridge, blotter, toasts, action
        self._lit: dict[int, int] = {}  # row -> screen time its flash ends
        self._since = np.empty(0)
        self._watch = Watch()
        self._checked = 0
        self._said: tuple[str, str] | None = None  # None: to be counted anew
        toasts.wanted.connect(bridge.choose_id)

    def show_pulled(self, pulled: Pulled) -> None:
        """One frame: orders that changed, shelves that end, ages that grow."""
        pad, now = self._bridge.pad, self._bridge.now()
        if pulled.reset:
            self._watch.forget()
        if pad.watermark == NULL or pad.pulse.stale:
            return
        due = now - self._checked >= _EXPIRY_NS
        if not len(pulled.parents) and not due:
            return
        self._checked = now if due else self._checked
        before = len(self.alerts.open)
        cases = self._watch.cases(pad, pulled.parents, self._blotter.me) if len(pulled.parents) else []
        toasts = self.alerts.step(pad.watermark, cases)
        for alert in self.alerts.risen:
            self._lit[self._row(alert.order)] = now + FLASH_NS
        if toasts:
            self._toasts.show_toasts(toasts, self._action())
        moved = bool(self.alerts.risen) or len(self.alerts.open) != before or pulled.reset
        if moved:
            self._mark()
        if moved or due:
            self._said = None
            self._age(now)
            self.changed.emit()

    # -- what the trader does ------------------------------------------------------------------------------------

    def acknowledge(self) -> None:
        """The chosen order's alert has been seen."""
        self._do(lambda order, _now: self.alerts.acknowledge(order))

    def shelve(self) -> None:
        """The chosen order's alert keeps quiet for a quarter of an hour of event time."""
        self._do(lambda order, now: self.alerts.shelve(order, now + SHELF))

    def rearm(self) -> None:
        """The chosen order's alert may ask again."""
        self._do(lambda order, _now: self.alerts.rearm(order))

    def acknowledge_all(self) -> None:
        """Every alert has been seen."""
        for order in list(self.alerts.open):
            self.alerts.acknowledge(order)
        self._do(lambda _order, _now: True)

    def go(self) -> None:
        """Choose the oldest alert that nobody has seen, red before amber."""
        new = [alert for alert in self.alerts.open.values() if alert.state == "new"]
        if new:
            self._bridge.choose_id(min(new, key=lambda alert: (alert.level != "RED", alert.since)).order)

    def words(self) -> tuple[str, str]:
        """For the strip: counts with shape and word; for the tooltip: the rest."""
        if self._said is None:
            self._said = self._counted()
        return self._said

    def _counted(self) -> tuple[str, str]:
        amber, red = self.alerts.unseen()
        rate = self.alerts.per_hour(self._bridge.pad.watermark)
        said = f"■ {red} red  ▲ {amber} amber"
        waiting = f"\n{self.alerts.waiting()} wait for the digest" if self.alerts.waiting() else ""
        tip = (
            f"alerts nobody has acknowledged\n{rate} toasts in the last hour of event time, "
            f"budget {self.alerts.budget}, then a digest{waiting}\n"
            "last night's A/A rate: not measured yet\nlast month's record: not measured yet"
        )
        return said, tip

    # -- inside --------------------------------------------------------------------------------------------------

    def _do(self, act: "Callable[[str, int], object]") -> None:
        act(self._bridge.wanted, self._bridge.pad.watermark)
        self._said = None
        self._mark()
        self._age(self._bridge.now())
        self.changed.emit()

    def _row(self, order: str) -> int:
        row = self._watch.rows.get(order, -1)
        return row if row >= 0 else self._bridge.pad.find(order)

    def _mark(self) -> None:
        """Which rows carry a mark, and since when."""
        self._since = np.full(len(self._bridge.pad.parents), np.nan)
        badges = {}
        for alert in self.alerts.open.values():
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
