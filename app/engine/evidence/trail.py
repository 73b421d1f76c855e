"""The evidence on one parent: its scored children folded in order into epochs, costs and the light."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from app.engine.evidence import colour, cost
from app.engine.evidence.colour import Light, Limits, Look
from app.engine.evidence.fold import (
    AFTER,
    FOUND,
    MOST,
    Prior,
    Room,
    Scored,
    Scores,
    fold_all,
    later_impact,
    room,
    stake,
)
from app.engine.evidence.groups import Group
from app.engine.evidence.lasting import Answer, Lasting, Lasts
from app.engine.evidence.process import EPOCH, start
from app.engine.evidence.rows import CHILD, VOLATILITIES
from app.engine.evidence.usual import Again, SecondBet, anew, enter_again, fresh, reference, usual_reference
from app.engine.units import NULL, SECOND

if TYPE_CHECKING:
    from app.engine.events import OrderRow
    from app.engine.evidence.learnt import Usual
    from app.engine.evidence.model import Floats, Model
    from app.engine.evidence.own import Level

NO_PLAN_S: Final = 1_800.0  # an order without an end is taken to last so long
_HEARD: Final = 64  # children and fills that wait to be entered, at most


class Said(NamedTuple):
    """What a scored child or a new epoch led to: a line of the evidence table. `record` -1: no child."""

    ts: int
    record: int
    epoch: int
    e_child: float | None
    e: float
    top: int
    estimate: float
    light: str
    reason: str
    fading: float = 0.0  # part of the estimate


class _Entered(NamedTuple):
    """A scored child as it entered, of which nobody has read yet what it led to."""

    ts: int
    record: int
    epoch: int
    before: float
    e: float
    top: float
    leak: float
    children: float
    volatility: float
    rest: float
    fading: float


class _Child(NamedTuple):
    """A scored child that waits to be entered: its number, its CHILD row as bytes, what was unfilled then."""

    number: int
    record: Any
    rest: float


class _Filled(NamedTuple):
    """A fill between such children."""

    t: int
    share: float
    side: int
    level: Level


class Trail:
    """One parent's evidence; `rest` is the share unfilled, `records` the scored children of every epoch.

    Children are entered some at a time, before anybody reads what they lead to. The light and what is said are made
    when they are read: they follow from what was entered, and many a child is entered between two looks.
    """

    __slots__ = (
        "_entered", "_epochs", "_heard", "_in_volatility", "_lasting", "_light", "_reach", "_said", "_second", "acts",
        "drawn",
        "filled", "first", "first_rest", "g", "groups", "house", "limits", "model", "moved", "on_tape", "own_level",
        "parent_id", "planned", "prior", "qty", "records", "room", "side", "unseen", "usual", "usual_of",
        "visibility", "void", "voided", "weighed_by", "weights",
    )  # fmt: skip

    def __init__(self, parent_id: str, model: Model, g: tuple[float, ...], among: Room | None = None) -> None:
        self.parent_id = parent_id
        self.model = model
        self.g = g
        self.side = 0
        self.qty = 0
        self.filled = 0
        self.planned = NULL
        self.first = NULL  # time of its terms
        self.first_rest = 1.0  # share unfilled when the epoch began
        self.acts = 0
        self.voided = 0
        self.void = ""
        self.visibility: str | None = None
        self.unseen = 0  # quantity whose print should be on the tape and is not
        self.on_tape = 0
        self.moved = [0.0, 0.0]  # sums of s R dV by the kernel (bps), V what fades soon and what lasts of own trades
        self.own_level: Level | None = None
        self._heard: list[_Child | _Filled] = []
        self._lasting = Lasting()
        self._epochs: Any = np.zeros(1, EPOCH)
        start(self._epochs[:1], NULL, 1.0)
        self.records: list[list[int]] = [[]]
        self._reach = [0.0]  # of every epoch: unfilled shares after the children measured directly, added up
        self._light = Light()
        self.limits = Limits(model.numbers["least_children"], model.numbers["see_at_most"])
        self._said: list[Said] = []
        self._entered: list[_Entered] = []
        numbers = model.numbers
        self.prior = Prior(numbers["jump_ticks"], numbers["onset_first"], numbers["onset_hazard"], numbers["null"])
        self.room = among or room()
        self.house = 0  # other orders of the house seen in the instrument: footprint.SAME, footprint.OPPOSITE
        self._in_volatility = [0] * VOLATILITIES
        self.groups = [Group()]  # of every epoch
        self.drawn: list[tuple[bool | None, float | None]] = [
            (None, None)
        ]  # was its algo drawn by lot, with what chance
        self._choose()

    # -- terms -----------------------------------------------------------------------------------------------------

    @property
    def rest(self) -> float:
        """Share of the order that is not filled."""
        return max(self.qty - self.filled, 0) / self.qty if self.qty > 0 else 0.0

    def terms(self, t: int, side: int, qty: int, planned: int) -> None:
        """What the order is; what is not said stays."""
        self.side = side or self.side
        self.qty = qty if qty != NULL else self.qty
        self.planned = planned if planned != NULL else self.planned
        self.first = t if self.first == NULL else self.first

    def told(self, row: OrderRow) -> None:
        """What a row says of the group; an epoch that has begun keeps the weights it began with."""
        self.groups[-1] = self.groups[-1].told(row)
        if row.randomised is not None:
            self.drawn[-1] = row.randomised, row.propensity
        if not self.records[-1]:
            self._choose()

    def _choose(self) -> None:
        """Weights and usual scores of the epoch, by the narrowest group the model knows."""
        names, learnt = self.groups[-1].names(), self.model.learnt
        self.weighed_by, weights = learnt.weights_of(names)
        self.weights: Floats = self.model.tables.weights if weights is None else weights
        self.usual_of, found = learnt.usual_of(names)
        self.usual: Usual | None = found
        self._second: Any = None if found is None else fresh()

    def done(self, t: int, qty: int, level: Level, seen: int) -> None:
        """A fill; `level`: as just before it; `seen`: 1 where it is on the tape."""
        self.accrue(level)
        self._hear(_Filled(t, qty / self.qty if self.qty > 0 else 0.0, self.side, level))
        self.filled += qty
        if seen != NULL:
            self.on_tape += qty
            self.unseen += 0 if seen else qty

    def accrue(self, level: Level) -> None:
        """Charge what is unfilled with the change of the own level since the last time."""
        before, self.own_level = self.own_level, level
        if before is not None:
            rest = self.side * self.rest
            self.moved[0] += rest * (level.fast - before.fast)
            self.moved[1] += rest * (level.slow - before.slow)

    @property
    def own_impact(self) -> float:
        """What own trades are expected to have cost the rest of the order (bps), by what the market has shown of the
        kernel until the last fill: what it showed later says more of the first minutes than they did.
        """
        level = self.own_level
        return 0.0 if level is None else level.gain * self.moved[0] + level.stays * self.moved[1]

    @property
    def tape_is_missing(self) -> bool:
        """True where too much of our own flow is not on the tape: flow of others cannot be told from ours."""
        return self.unseen > self.model.numbers["unmatched"] * max(self.on_tape, 1)

    def share_after(self, qty: int) -> float:
        """Share unfilled once `qty` more is done."""
        return max(self.qty - self.filled - qty, 0) / self.qty if self.qty > 0 else 0.0

    def later(self, t: int, share: float, record: Any) -> float:
        """bps one more trade on our side costs the fills to come, as planned at t, at the gains of its CHILD record."""
        seconds = NO_PLAN_S if self.planned == NULL else max(self.planned - t, SECOND) / SECOND
        gain, stays, g = float(record["gain"]), float(record["stays"]), self.g
        shown = gain * g[0], gain * g[1], stays * g[2], stays * g[3]
        return self.model.numbers["later_impact"] * later_impact(shown, share, seconds)

    # -- what it says ----------------------------------------------------------------------------------------------

    @property
    def light(self) -> Light:
        """The light as of the last scored child."""
        self._tell()
        return self._light

    @property
    def said(self) -> list[Said]:
        """What every scored child and every new epoch led to."""
        self._tell()
        return self._said

    @property
    def in_volatility(self) -> list[int]:
        """Scored children of the epoch by class of volatility."""
        self._tell()
        return self._in_volatility

    @property
    def epochs(self) -> Any:
        """EPOCH rows, all scored children in them."""
        self._enter()
        return self._epochs

    @property
    def second(self) -> Any:
        """The second bet of the epoch; None without usual scores."""
        self._enter()
        return self._second

    @property
    def reach(self) -> list[float]:
        """Of every epoch: unfilled shares after the children measured directly, added up."""
        self._enter()
        return self._reach

    @property
    def lasting(self) -> Lasting:
        """What the order pays of its answers."""
        self._enter()
        return self._lasting

    def _tell(self) -> None:
        """Light and words of what has been entered since they were read last."""
        self._enter()
        entered, self._entered = self._entered, []
        for ts, number, at, before, e, top, leak, n, volatility, rest, fading in entered:
            self._in_volatility[int(volatility)] += 1
            size = cost.projected(leak, self.first_rest, rest, fading)
            look = self._look(ts, e, size, int(n))
            self._light = colour.step(self._light, look, self.limits)
            shown, ratio = self._light.colour, e / before if before > 0 else math.inf
            reason = colour.reason(shown, look, self.limits)
            self._said.append(Said(ts, number, at, ratio, e, int(top), leak, shown, reason, fading))

    def lasts(self, number: int) -> Lasts:
        """What the order pays of the answers of an epoch."""
        return self.lasting.of(number, self.rest)

    def leak(self, number: int) -> cost.Estimate:
        """The model estimate of an epoch (bps)."""
        return cost.lasting(float(self.epochs[number]["leak"]), self.lasts(number), self.model)

    def measured(self, number: int) -> cost.Estimate:
        """The direct estimate of an epoch (bps)."""
        epoch, error = self.epochs[number], self.model.numbers["group_direct_error"]
        found = cost.direct(float(epoch["direct"]), float(epoch["direct2"]), int(epoch["measured"]))
        return cost.doubted(found, self.reach[number], error)

    def sized(self) -> cost.Estimate:
        """The leak of all epochs by the model and the direct estimate (bps); 0 before anything was scored."""
        parts = []
        for number, epoch in enumerate(self.epochs):
            if int(epoch["n"]):
                error = self.model.numbers["group_model_error"]
                parts.append(cost.weighed(self.leak(number), self.measured(number), error))
        value = cost.total([one.value or 0.0 for one in parts])
        below = math.sqrt(cost.total([((one.value or 0.0) - (one.low or 0.0)) ** 2 for one in parts]))
        above = math.sqrt(cost.total([((one.high or 0.0) - (one.value or 0.0)) ** 2 for one in parts]))
        return cost.Estimate(value, value - below, value + above)

    # -- children --------------------------------------------------------------------------------------------------

    def switch(self, t: int) -> None:
        """A new algo: a new epoch with half the mass of the one before."""
        if self.epochs[-1]["n"] == 0 and not self.records[-1]:
            self.epochs[-1]["began"] = t
            self._light = Light(since=t)
            return
        self._tell()
        fresh = np.zeros(1, EPOCH)
        start(fresh, t, float(self.epochs[-1]["mass"]) / 2.0)
        fresh[["after_own", "own_events"]] = self.epochs[-1:][["after_own", "own_events"]]
        self._epochs = np.concatenate([self.epochs, fresh])
        self.records.append([])
        self.reach.append(0.0)
        self.lasting.begin()
        self.groups.append(self.groups[-1])
        self.drawn.append((None, None))
        self._in_volatility = [0] * VOLATILITIES
        self._choose()
        self.first_rest = self.rest
        self._light = Light(since=t)
        epoch = self.epochs[-1]
        self._said.append(
            Said(t, -1, len(self.epochs) - 1, None, float(epoch["e"]), 0, 0.0, self._light.colour, "a new algo")
        )

    def bet(self, record: Any, epochs: Any, at: int, later: float) -> None:
        """Enter a scored child, a CHILD row or an array of one, into an epoch with what it would cost."""
        one = record if isinstance(record, np.ndarray) else np.array([record])
        stake(Scored(one, 0, later, epochs, at, self.weights, self.prior, self.room))

    def scored(self, number: int, record: Any) -> None:
        """One more scored child, in the order of closing; `record`: an array of its CHILD row."""
        self.records[-1].append(number)
        self._hear(_Child(number, record.view(np.uint8), self.rest))

    def _hear(self, one: _Child | _Filled) -> None:
        """Something waits to be entered, behind what does."""
        if not self._heard and isinstance(one, _Filled):
            self._lasting.filled(*one)
            return
        self._heard.append(one)
        if len(self._heard) == _HEARD:
            self._enter()

    def _enter(self) -> None:
        """Enter the children that wait, in their order among the fills."""
        heard, self._heard = self._heard, []
        children = [one for one in heard if isinstance(one, _Child)]
        if not children:
            return
        entered = iter(self._folded(np.concatenate([one.record for one in children]).view(CHILD)))
        for one in heard:
            if isinstance(one, _Filled):
                self._lasting.filled(*one)
            else:
                self._answered(one, *next(entered))

    def _folded(self, records: Any) -> list[tuple[Any, list[float]]]:
        """Each child, and what it led to; with a second bet one after the other, as that changes what comes next."""
        at, found = len(self._epochs) - 1, np.zeros((len(records), FOUND))
        of = self._epochs, at, self.weights, self.prior, self.room
        if self.usual is None:
            fold_all(Scores(records, *of, found))
            return list(zip(records, found.tolist(), strict=True))
        for n in range(len(records)):
            fold_all(Scores(records[n : n + 1], *of, found[n : n + 1]))
            found[n, AFTER] = self._bet_again(records[n], self._epochs[at], self.usual, float(found[n, MOST]))
        return list(zip(records, found.tolist(), strict=True))

    def _answered(self, child: _Child, record: Any, found: list[float]) -> None:
        """What a child that has been entered led to."""
        at, ts = len(self._epochs) - 1, int(record["closed"])
        before, _most, after, top, leak, n, _cell, volatility, *answer = found
        self._lasting.answered(ts, Answer(*answer))
        lasts = self._lasting.of(at, child.rest)
        self._reach[-1] += 0.0 if np.isnan(record["y"]) else float(record["share"])
        leak *= lasts.factor
        self._entered.append(
            _Entered(ts, child.number, at, before, after, top, leak, n, volatility, child.rest, lasts.fading)
        )

    def _bet_again(self, record: Any, epoch: Any, usual: Usual, most: float) -> float:
        """The same child against what is usual of its group: E is the smaller of the two, its largest with it."""
        cell, length = int(record["cell"]), int(record["length"])
        quiet = reference(self.model.tables, cell, length, bool(record["early"]))
        mine = usual_reference(usual, cell, length)
        e, again = self.room.e, self.room.again
        anew(Again(e, quiet.means, quiet.size, mine.means, mine.size, again))
        enter_again(SecondBet(self._second, 0, again, self.weights, self.prior.first, self.prior.hazard))
        epoch["e"] = min(float(epoch["e"]), float(self._second["e"][0]) * float(epoch["mass"]))
        epoch["most"] = max(most, float(epoch["e"]))
        return float(epoch["e"])

    def look(self, ts: int) -> Look:
        """What the light is looked at with."""
        self._tell()
        epoch, lasts = self.epochs[-1], self.lasts(-1)
        leak, n = float(epoch["leak"]) * lasts.factor, int(epoch["n"])
        size = cost.projected(leak, self.first_rest, self.rest, lasts.fading) if n else None
        return self._look(ts, float(epoch["e"]), size, n)

    def _look(self, ts: int, e: float, size: float | None, n: int) -> Look:
        sees, switched = cost.detectable(n, self.model, self._in_volatility), len(self.epochs) > 1
        return Look(ts, e, size, sees, n, self.void, switched)
