"""Board rows of the evidence on parents (layout.EVIDENCE_ROW): epochs, the rate of late, the direct estimate, money."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from fractions import Fraction
from itertools import accumulate
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from app.engine import layout
from app.engine.evidence import colour, cost
from app.engine.evidence.process import EPOCH, start
from app.engine.evidence.rows import GROUPS, LAWS, SCORE_NAMES, SHARES, STEP_S
from app.engine.metrics.shortfall import notional
from app.engine.tables.context import scale_of
from app.engine.tables.switches import effect_of
from app.engine.units import BPS, NULL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.engine.events import Rows
    from app.engine.evidence.effect import Effect
    from app.engine.evidence.follow import Evidence
    from app.engine.evidence.model import Model
    from app.engine.evidence.trail import Said, Trail
    from app.engine.layout import Sink
    from app.engine.orders.standing import Standing
    from app.engine.tables.context import Moment, Value

_FIGURES: Final = tuple(name for name in layout.EVIDENCE_ROW.names or () if layout.EVIDENCE_ROW[name].base.kind == "f")
_FRESH: Final = 20  # children of a young epoch, four times over
_KINDS: Final = {
    "flow": "others trade on our side", "quote_small": "the price moves away a little",
    "quote_large": "the price moves away", "joint": "others trade on our side and take the price along",
    "joint_group": "others trade on our side and take the price along",
    "retreat_group": "quotes on the other side retreat",
}  # fmt: skip


class Money(NamedTuple):
    """A leak in money: at completion, and what of it is still to come; None where undefined."""

    projected: float | None
    at_risk: float | None


class Late(NamedTuple):
    """The model estimate over the last children of an epoch; `last`: the record of the last of them."""

    last: int
    leak: float


def trail_of(standing: Standing, moment: Moment) -> Trail | None:
    """The evidence on a parent; None without a model, an instrument or anything looked at."""
    evidence, arrival = moment.evidence, standing.arrival
    followed = None if evidence is None or arrival is None else evidence.followed.get(arrival.instrument)
    return None if followed is None else followed.trails.get(standing.parent_id)


def money_of(row: Mapping[str, Value], standing: Standing, moment: Moment) -> Money:
    """Money of the projected leak of a line of the parents table, and how much of it an order alive can still save."""
    projected, so_far, arrival = row.get("leak_projected_bps"), row.get("leak_ccy"), standing.arrival
    account = standing.account
    if not isinstance(projected, float) or arrival is None or arrival.instrument < 0 or account is None:
        return Money(None, None)
    scale = scale_of(moment.reference(arrival.instrument))
    value = Fraction(notional(account, scale, account.arrival2))
    whole = scale.ccy(Fraction(projected) * value / BPS)
    if not isinstance(so_far, float):
        return Money(whole, None)
    return Money(whole, 0.0 if standing.ended is not None else max(whole - so_far, 0.0))


class Told(NamedTuple):
    """What the switch that began an epoch saved, when so many children had been scored since; `over`: of all of it."""

    epoch: int
    children: int
    over: bool
    effect: Effect

    def holds(self, epoch: int, children: int, over: bool) -> bool:
        """True until a quarter more children are known: what a switch saved is read again from all of them."""
        return (self.epoch, self.over) == (epoch, over) and 4 * children < 5 * self.children + _FRESH


class Shown:
    """Makes the rows; the rate of late is worked out again only when another child has been scored."""

    def __init__(self) -> None:
        self._effects: dict[str, Told] = {}
        self._late: dict[str, Late] = {}
        self._delays: tuple[str, tuple[float, ...]] = ("", ())

    def rows(
        self, standings: Sequence[Standing], figures: Sequence[Mapping[str, Value]], moment: Moment, sink: Sink
    ) -> Rows:
        """One row per parent, `parent_row` still to be set; `figures`: their lines of the parents table."""
        rows = np.zeros(len(standings), layout.EVIDENCE_ROW)
        for name in _FIGURES:
            rows[name] = np.nan
        rows["began"] = NULL
        for k, (standing, row) in enumerate(zip(standings, figures, strict=True)):
            trail = trail_of(standing, moment)
            if trail is not None and moment.evidence is not None:
                self._fill(rows[k : k + 1], trail, row, sink)
                if last_scored(trail):
                    self._recent(rows[k : k + 1], trail, moment.evidence.records)
                if len(trail.epochs) > 1:
                    self._switch(rows[k : k + 1], trail, (standing, moment.evidence), sink)
                money = money_of(row, standing, moment)
                rows["projected_ccy"][k], rows["at_risk_ccy"][k] = _float(money.projected), _float(money.at_risk)
        return rows

    def _fill(self, rows: Rows, trail: Trail, row: Mapping[str, Value], sink: Sink) -> None:
        count = len(trail.epochs)
        rows["epochs"], rows["least_children"], rows["see_at_most"] = count, *trail.limits
        first = max(count - layout.EPOCHS, 0)
        for place, number in enumerate(range(first, count)):
            rows["light"][0, place] = sink.intern(_light_of(trail.said, number))
            _epoch(rows, place, trail, number)
        self._direct(rows, trail)
        place = count - 1 - first
        status = row.get("status")
        rows["light"][0, place] = sink.intern(status if isinstance(status, str) else colour.GREY)
        if last_scored(trail):  # as the parents table says it: voided, and restated at the end
            names = {"e": "e_value", "leak": "leak_bps", "low": "leak_lo_bps", "high": "leak_hi_bps"}
            for name, column in names.items():
                rows[name][0, place] = _float(row.get(column))
            self._sizes(rows, trail, row)
            rows["top"] = sink.intern(self._words(int(trail.epochs[-1]["top"]), trail.model))

    def _sizes(self, rows: Rows, trail: Trail, row: Mapping[str, Value]) -> None:
        """The projected leak with its interval, which grows as it does."""
        projected = _float(row.get("leak_projected_bps"))
        fading = trail.lasts(-1).fading
        grows = cost.projected(1.0, trail.first_rest, trail.rest, fading) if row.get("end_ts") is None else 1.0
        rows["projected"] = projected
        for name, column in (("projected_low", "leak_lo_bps"), ("projected_high", "leak_hi_bps")):
            rows[name] = grows * _float(row.get(column))

    def _direct(self, rows: Rows, trail: Trail) -> None:
        """The direct estimate of the epoch of now, and half the interval of the leak of the split."""
        rows["direct"], rows["direct_low"], rows["direct_high"] = map(_float, trail.measured(len(trail.epochs) - 1))
        sized = trail.sized()
        if trail.epochs["n"].any():
            value, low, high = map(_float, sized)
            rows["direct_half"] = max(high - value, value - low)  # the ribbon is as wide on either side

    def _recent(self, rows: Rows, trail: Trail, records: Rows) -> None:
        """The rate over the last children; kept until one more has been scored."""
        numbers = trail.records[-1][-layout.RECENT :]
        known = self._late.get(trail.parent_id)
        if known is None or known.last != numbers[-1]:
            known = self._late[trail.parent_id] = Late(numbers[-1], _rate(trail, records[numbers]))
        rows["recent_children"] = len(numbers)
        rows["recent"], rows["recent_low"], rows["recent_high"] = cost.modelled(known.leak, trail.model)

    def _switch(self, rows: Rows, trail: Trail, of: tuple[Standing, Evidence], sink: Sink) -> None:
        """What the last switch saved, with its interval, or why that is not known."""
        standing, evidence = of
        epoch, over = len(trail.epochs) - 1, standing.ended is not None
        children = len(trail.records[-1])
        known = self._effects.get(trail.parent_id)
        if known is None or not known.holds(epoch, children, over):
            found = effect_of(trail, epoch, standing, evidence)
            known = self._effects[trail.parent_id] = Told(epoch, children, over, found)
        effect = known.effect
        rows["before"], rows["since"] = _float(effect.before), _float(effect.after)
        rows["saving"], rows["saving_low"], rows["saving_high"] = map(_float, (effect.saving, effect.low, effect.high))
        rows["verdict"], rows["verdict_reason"] = sink.intern(effect.verdict), sink.intern(effect.reason)

    def _words(self, top: int, model: Model) -> str:
        """The leak that explains the children best: what others do, how soon, after how many of our children."""
        if self._delays[0] != model.hash:
            self._delays = (model.hash, delays(model))
        kind, law = SCORE_NAMES[top // len(SHARES)][:-1], (top // len(SHARES)) % LAWS
        soon = self._delays[1]
        if kind.endswith("_group"):
            among = [soon[n] for n in range(LAWS) if GROUPS[law] >> n & 1]
            when = f"{among[0]:.2g} to {among[-1]:.2g} s"
        else:
            when = f"about {soon[law]:.2g} s"
        return f"{_KINDS[kind]} {when} after {100 * SHARES[top % len(SHARES)]:.0f} % of our children"


def last_scored(trail: Trail) -> bool:
    """True when the epoch of now has a scored child."""
    return int(trail.epochs[-1]["n"]) > 0


def delays(model: Model) -> tuple[float, ...]:
    """Median delay (s) of every law of answers."""
    reached = [list(accumulate(law)) for law in model.tables.laws.tolist()]
    return tuple((1 + bisect_left(law, law[-1] / 2)) * STEP_S for law in reached)


def _epoch(rows: Rows, place: int, trail: Trail, number: int) -> None:
    epoch = trail.epochs[number]
    n = int(epoch["n"])
    rows["began"][0, place] = int(epoch["began"])
    rows["children"][0, place] = n
    if n:
        detectable = cost.detectable(n, trail.model)
        rows["e"][0, place] = float(epoch["e"])
        rows["leak"][0, place], rows["low"][0, place], rows["high"][0, place] = map(_float, trail.leak(number))
        rows["detectable"][0, place] = _float(detectable)


def _light_of(said: Sequence[Said], epoch: int) -> str:
    """The light an epoch ended with."""
    end = bisect_right(said, epoch, key=lambda one: one.epoch)
    return said[end - 1].light if end and said[end - 1].epoch == epoch else colour.GREY


def _rate(trail: Trail, records: Rows) -> float:
    """The leak that some scored children alone speak of."""
    epochs = np.zeros(1, EPOCH)
    start(epochs, NULL, 1.0)
    for record in records:
        trail.bet(record, epochs, 0, float(record["own"]))
    return float(epochs[0]["leak"])


def _float(value: Value) -> float:
    return value if isinstance(value, float) else np.nan
