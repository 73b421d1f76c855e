"""The life of alerts: raised, acknowledged, shelved, armed again, ended. Event time throughout; plain Python.

Amber is silent: a row and a badge. Red says one toast, at most one an order in 30 minutes and six an hour in all; what
is over that budget goes into a digest.
"""

from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

from app.engine.units import SECOND

MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
BUDGET: Final = 6  # toasts an hour
AGAIN: Final = 30 * MINUTE  # between two toasts of one order
DIGEST: Final = 10 * MINUTE  # between two digests
SHELF: Final = 15 * MINUTE
LEAST_REMAINING: Final = 0.05  # of the order: below it nothing is worth an alert
_RANK: Final = {"AMBER": 1, "RED": 2}

State = Literal["new", "seen", "shelved"]


class Case(NamedTuple):
    """What the board says of one order: its level, whose it is, whether the market trades, what there is to say."""

    order: str
    level: str
    mine: bool = True
    live: bool = True  # not done, market neither in auction nor halted
    remaining: float = 1.0  # share of the order still to do
    basket: str = ""
    words: str = ""

    @property
    def silent(self) -> bool:
        """True when nothing may be raised for it now."""
        return not self.mine or not self.live or self.remaining < LEAST_REMAINING


@dataclass(slots=True)
class Alert:
    """One alert of one order, from its rise to its end."""

    order: str
    level: str
    since: int
    state: State = "new"
    until: int = 0  # end of the shelf
    basket: str = ""
    words: str = ""


class Toast(NamedTuple):
    """What appears in the corner: a headline, a sentence, the orders it is about."""

    title: str
    words: str
    orders: tuple[str, ...]
    digest: bool = False


@dataclass(slots=True)
class Alerts:
    """All alerts of one light of a desk. `step` once a frame with the orders that changed.

    `title` heads its toasts; `times` of toasts (ns) are shared by the lights of a desk, and so is the budget.
    """

    budget: int = BUDGET
    title: str = "RED"
    times: list[int] = field(default_factory=list)  # toasts of the last hour
    open: dict[str, Alert] = field(default_factory=dict)
    risen: list[Alert] = field(default_factory=list)  # those that ask for eyes anew since the last step
    _shelved: set[str] = field(default_factory=set)
    _toasted: dict[str, int] = field(default_factory=dict)  # order -> time of its last toast
    _waiting: dict[str, str] = field(default_factory=dict)  # reds over budget, for the digest
    _digested: int = -HOUR

    def step(self, now: int, cases: list[Case]) -> list[Toast]:
        """Bring alerts up to date at an event time (ns); returns what has to appear in the corner."""
        risen = [alert for case in cases if (alert := self._step_one(now, case)) is not None]
        for order in sorted(self._shelved):
            alert = self.open.get(order)
            if alert is None or alert.state != "shelved":
                self._shelved.discard(order)
            elif now >= alert.until:
                alert.state = "new"
                risen.append(alert)
        self.risen = risen
        return self._toasts(now, [alert for alert in risen if alert.level == "RED"])

    def _step_one(self, now: int, case: Case) -> Alert | None:
        """One order; returns its alert when it asks for eyes anew."""
        known = self.open.get(case.order)
        if case.level not in _RANK or case.silent:
            if known is not None and case.level not in _RANK:
                del self.open[case.order]
                self._waiting.pop(case.order, None)
            return None
        if known is None:
            made = Alert(case.order, case.level, now, basket=case.basket, words=case.words)
            self.open[case.order] = made
            return made
        worse = _RANK[case.level] > _RANK[known.level]
        known.level, known.words = case.level, case.words
        if worse and known.state != "shelved":
            known.state, known.since = "new", now
            return known
        return None

    # -- what the trader does ------------------------------------------------------------------------------------

    def acknowledge(self, order: str) -> bool:
        """Seen; True when there was something to acknowledge."""
        alert = self.open.get(order)
        if alert is None or alert.state != "new":
            return False
        alert.state = "seen"
        return True

    def shelve(self, order: str, until: int) -> bool:
        """Leave me alone with this one until an event time; then it asks again."""
        alert = self.open.get(order)
        if alert is None:
            return False
        alert.state, alert.until = "shelved", until
        self._shelved.add(order)
        return True

    def rearm(self, order: str) -> bool:
        """Let a shelved or acknowledged alert ask again, toast included."""
        self._toasted.pop(order, None)
        alert = self.open.get(order)
        if alert is None or alert.state == "new":
            return False
        alert.state = "new"
        return True

    # -- figures for the strip -----------------------------------------------------------------------------------

    def unseen(self) -> tuple[int, int]:
        """Amber and red alerts that nobody has acknowledged."""
        new = [alert.level for alert in self.open.values() if alert.state == "new"]
        return new.count("AMBER"), new.count("RED")

    def per_hour(self, now: int) -> int:
        """Toasts of the last hour."""
        self.times[:] = [time for time in self.times if now - time < HOUR]
        return len(self.times)

    def waiting(self) -> int:
        """Reds over budget that wait for the digest."""
        return len(self._waiting)

    # -- toasts --------------------------------------------------------------------------------------------------

    def _toasts(self, now: int, reds: list[Alert]) -> list[Toast]:
        due = [alert for alert in reds if now - self._toasted.get(alert.order, -HOUR) >= AGAIN]
        bunches: dict[str, list[Alert]] = {}
        for alert in due:
            bunches.setdefault(alert.basket or f"\0{alert.order}", []).append(alert)
        said = []
        for mine in bunches.values():
            if self.per_hour(now) >= self.budget:
                self._waiting |= {alert.order: alert.words for alert in mine}
                continue
            self.times.append(now)
            self._toasted |= {alert.order: now for alert in mine}
            said.append(self._toast(mine))
        return said + self._digest(now)

    def _digest(self, now: int) -> list[Toast]:
        if not self._waiting or now - self._digested < DIGEST:
            return []
        orders = tuple(self._waiting)
        self._digested = now
        self._toasted |= dict.fromkeys(orders, now)
        self._waiting.clear()
        more = f" and {len(orders) - 5} more" if len(orders) > 5 else ""
        title = f"{self.title}  {len(orders)} more {'order' if len(orders) == 1 else 'orders'}"
        return [Toast(title, f"over the budget of {self.budget} an hour: {', '.join(orders[:5])}{more}", orders, True)]

    def _toast(self, mine: list[Alert]) -> Toast:
        if len(mine) == 1:
            return Toast(f"{self.title}  {mine[0].order}", mine[0].words, (mine[0].order,))
        orders = tuple(alert.order for alert in mine)
        return Toast(f"{self.title}  basket {mine[0].basket}: {len(mine)} orders", ", ".join(orders[:6]), orders)
