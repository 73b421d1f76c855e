"""What a switch did: cost expected had it gone on, cost since, and the saving with an interval, or a refusal.

Before the switch: cost and onset of every child with hindsight; the rate counts from the likely onset on, for children
before it are what biases a plain mean. Since: the children after it alone. A saving is never said without its
interval; where 0 lies inside, it is not distinguishable from 0.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

from app.engine.evidence.again import Children, Prior, bet_again, usual_prior, with_hindsight
from app.engine.evidence.cost import Z_90
from app.engine.evidence.process import p_null

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.engine.evidence.learnt import Floats
    from app.engine.evidence.model import Model

SINCE: Final = Prior(0.5, 0.9, 0.01)  # of the segment after a switch
LEAST: Final = 5  # scored children on either side
SAVED, WORSE = "saved", "cost more"
NO_DIFFERENCE: Final = "not distinguishable from 0"
UNKNOWN: Final = "not known"
NO_FIT: Final = "the model has no fit of switches"


class Segment(NamedTuple):
    """Children of one epoch and the weights they were bet on with."""

    children: Children
    weights: Floats


class Features(NamedTuple):
    """What a saving is made of, bps of the order: cost had it gone on (from the onset, and from the first child on),
    cost since, and the chance that nothing leaks since.
    """

    gone_on: float
    gone_on_plain: float
    since: float
    null: float

    def terms(self) -> tuple[float, ...]:
        """What the five fitted weights of the model are of."""
        return 1.0, self.gone_on, self.gone_on_plain, self.since * self.null / 10.0, self.gone_on * self.null


class Effect(NamedTuple):
    """A switch: bps of the order; None where undefined. `verdict`: SAVED, WORSE, NO_DIFFERENCE or UNKNOWN."""

    before: float | None
    after: float | None
    saving: float | None
    low: float | None
    high: float | None
    verdict: str
    reason: str


def features(before: Segment, after: Segment, model: Model) -> Features:
    """What the children on both sides of a switch say of it."""
    cost, onset = with_hindsight(before.children, model, before.weights, usual_prior(model))
    share = before.children.records["share"].tolist()
    to_come = math.fsum(after.children.records["share"].tolist())
    begun, top = [], max([*onset.tolist(), 0.0])
    reached = 0.0
    for chance in onset.tolist():
        reached = max(reached, chance / top if top > 0 else 0.0)
        begun.append(reached)
    whole = math.fsum(cost.tolist())
    leaking = math.fsum(part * rest for part, rest in zip(begun, share, strict=True))
    everything = math.fsum(share)
    epoch = bet_again(after.children, model, after.weights, SINCE)
    null = 0.0 if epoch["scale"] else p_null(float(epoch["e"]), SINCE.null)
    return Features(
        whole / leaking * to_come if leaking > 0 else 0.0,
        whole / everything * to_come if everything > 0 else 0.0,
        float(epoch["leak"]),
        null,
    )


def effect(before: Segment, after: Segment, model: Model) -> Effect:
    """The saving of a switch on what was done since."""
    n = (len(before.children.later), len(after.children.later))
    if min(n) < LEAST:
        side = "before" if n[0] < LEAST else "after"
        return _unknown(f"{min(n)} scored children {side} it, at least {LEAST} are needed")
    found = features(before, after, model)
    if model.learnt.switch is None:
        return _unknown(NO_FIT)._replace(before=found.gone_on, after=found.since)
    *weights, below, above = model.learnt.switch.tolist()
    saving = math.fsum(weight * term for weight, term in zip(weights, found.terms(), strict=True))
    width = 0.5 + found.gone_on
    low, high = saving - below * width, saving + above * width
    verdict = SAVED if low > 0 else WORSE if high < 0 else NO_DIFFERENCE
    return Effect(found.gone_on, found.since, saving, low, high, verdict, _words(verdict, saving, low, high))


def pooled(effects: Sequence[Effect]) -> Effect:
    """The mean of switches of one kind, as uncertain as one of them, or as they differ where that is more.

    What the fit misses it misses in all of them alike: many switches do not make that smaller.
    """
    known = [one for one in effects if one.saving is not None and one.low is not None and one.high is not None]
    if not known:
        return _unknown("no switch of this kind has a saving")
    n = len(known)
    saving, before, after = (
        math.fsum(getattr(one, name) or 0.0 for one in known) / n for name in ("saving", "before", "after")
    )
    spread = math.fsum(((one.saving or 0.0) - saving) ** 2 for one in known) / (n - 1) / n if n > 1 else 0.0
    below, above = (
        max(math.fsum(widths) / n, Z_90 * math.sqrt(spread))
        for widths in (
            [(one.saving or 0.0) - (one.low or 0.0) for one in known],
            [(one.high or 0.0) - (one.saving or 0.0) for one in known],
        )
    )
    low, high = saving - below, saving + above
    verdict = SAVED if low > 0 else WORSE if high < 0 else NO_DIFFERENCE
    return Effect(before, after, saving, low, high, verdict, _words(verdict, saving, low, high))


def _unknown(reason: str) -> Effect:
    return Effect(None, None, None, None, None, UNKNOWN, reason)


def _words(verdict: str, saving: float, low: float, high: float) -> str:
    """The verdict with the interval of the saving; a switch that helped nothing has no figure of its own."""
    interval = f"90 %: {low:.1f} to {high:.1f} bps saved"
    return f"{verdict} ({interval})" if verdict == NO_DIFFERENCE else f"{verdict} {abs(saving):.1f} bps ({interval})"
