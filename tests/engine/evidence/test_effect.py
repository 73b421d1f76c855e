"""What a switch did: planted rates before and since, the refusals, and switches of a kind together."""

from typing import Any

import numpy as np
import pytest

from app.engine.evidence.again import Children, bet_again, usual_prior, with_hindsight
from app.engine.evidence.effect import (
    LEAST,
    NO_DIFFERENCE,
    NO_FIT,
    SAVED,
    SINCE,
    UNKNOWN,
    WORSE,
    Effect,
    Features,
    Segment,
    effect,
    features,
    pooled,
)
from app.engine.evidence.rows import CHILD
from tests.engine.evidence.made import model

MODEL = model()
PLAIN = MODEL.changed(learnt={"switch": np.array([0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 1.0])})  # what it would have cost


def segment(e: list[float], first: float = 1.0, last: float = 0.5) -> Segment:
    """Children whose flow scores are as given; the others say nothing."""
    records: Any = np.zeros(len(e), CHILD)
    records["e"], records["tick"] = 1.0, 2.0
    records["e"][:, :4] = np.array(e)[:, None]
    records["share"] = np.linspace(first, last, len(e)) if e else 0.0
    records["y"] = records["c"] = np.nan
    return Segment(Children(records, 0.5 * records["share"].astype(float)), MODEL.tables.weights)


def test_that_the_rate_counts_from_the_onset_on() -> None:
    late = segment([0.3] * 40 + [6.0] * 10)
    found = features(late, segment([1.0] * 20, 0.5, 0.0), MODEL)
    cost, onset = with_hindsight(late.children, MODEL, late.weights, usual_prior(MODEL))
    share = late.children.records["share"].astype(float)
    to_come = float(np.linspace(0.5, 0.0, 20).sum())
    begun = np.maximum.accumulate(onset) / onset.max()
    assert found.gone_on == pytest.approx(float(cost.sum() / (begun * share).sum() * to_come), rel=1e-6)
    assert found.gone_on_plain == pytest.approx(float(cost.sum() / share.sum() * to_come), rel=1e-6)
    assert found.gone_on > 2 * found.gone_on_plain > 0


def test_that_the_segment_since_is_a_bet_of_its_own() -> None:
    after = segment([5.0] * 20, 0.5, 0.0)
    found = features(segment([1.0] * 10), after, MODEL)
    epoch = bet_again(after.children, MODEL, after.weights, SINCE)
    assert found.since == float(epoch["leak"])
    assert found.null == pytest.approx(0.5 / (0.5 + 0.5 * float(epoch["e"])))
    assert found.terms() == (1.0, found.gone_on, found.gone_on_plain, found.since * found.null / 10,
                             found.gone_on * found.null)  # fmt: skip
    endless = segment([1.0] * 10)
    endless.children.records["e"][:] = 1e30
    assert features(segment([1.0] * 10), endless, MODEL).null == 0.0


def test_that_a_saving_has_its_interval_and_its_words() -> None:
    found = effect(segment([6.0] * 30), segment([0.8] * 20, 0.5, 0.0), PLAIN)
    assert found.saving == pytest.approx(found.before)
    assert found.saving is not None
    width = 0.5 + found.saving
    assert (found.low, found.high) == pytest.approx((found.saving - width, found.saving + width))
    assert found.verdict == NO_DIFFERENCE
    assert found.reason.startswith("not distinguishable from 0 (90 %: ")
    sure = MODEL.changed(learnt={"switch": np.array([0.0, 1.0, 0.0, 0.0, 0.0, 0.1, 0.1])})
    known = effect(segment([6.0] * 30), segment([0.8] * 20, 0.5, 0.0), sure)
    assert known.verdict == SAVED
    assert known.reason == f"saved {known.saving:.1f} bps (90 %: {known.low:.1f} to {known.high:.1f} bps saved)"
    turned = MODEL.changed(learnt={"switch": np.array([0.0, -1.0, 0.0, 0.0, 0.0, 0.1, 0.1])})
    worse = effect(segment([6.0] * 30), segment([0.8] * 20, 0.5, 0.0), turned)
    assert worse.verdict == WORSE
    assert worse.reason.startswith(f"cost more {-(worse.saving or 0):.1f} bps")


def test_that_without_a_fit_or_without_children_nothing_is_said() -> None:
    unfitted = effect(segment([6.0] * 30), segment([1.0] * 20), MODEL)
    assert (unfitted.verdict, unfitted.reason, unfitted.saving, unfitted.low) == (UNKNOWN, NO_FIT, None, None)
    assert unfitted.before is not None
    few = effect(segment([6.0] * (LEAST - 1)), segment([1.0] * 20), PLAIN)
    assert few.reason == "4 scored children before it, at least 5 are needed"
    assert effect(segment([6.0] * 20), segment([]), PLAIN).reason.startswith("0 scored children after it")


def test_that_scores_of_nothing_project_nothing() -> None:
    nothing = segment([0.0] * 10)
    nothing.children.records["e"][:] = 0.0
    nothing.children.records["share"][:] = 0.0
    found = features(nothing, segment([1.0] * 9), MODEL)
    assert found[:2] == (0.0, 0.0)
    assert found == Features(0.0, 0.0, found.since, found.null)
    assert np.isfinite(features(segment([1.0] * 9), nothing, MODEL).terms()).all()


def one(saving: float, half: float) -> Effect:
    return Effect(saving + 1, 1.0, saving, saving - half, saving + half, "", "")


def test_that_switches_of_a_kind_are_as_uncertain_as_one_of_them_or_as_they_differ() -> None:
    found = pooled([one(2.0, 1.0)] * 9)
    assert found.saving == pytest.approx(2.0)
    assert (found.low, found.high) == pytest.approx((1.0, 3.0))
    assert (found.verdict, found.after) == (SAVED, 1.0)
    assert found.before == pytest.approx(3.0)
    apart = pooled([one(-20.0, 1.0), one(24.0, 1.0)])
    assert apart.low == pytest.approx(2.0 - 1.645 * 22.0)
    assert apart.verdict == NO_DIFFERENCE
    assert pooled([one(-5.0, 1.0)]).verdict == WORSE
    unknown = Effect(None, None, None, None, None, UNKNOWN, "")
    assert pooled([unknown]).verdict == UNKNOWN
    assert pooled([unknown, one(2.0, 1.0)]).saving == 2.0


@pytest.mark.jit
def test_that_a_switch_that_did_not_help_is_seldom_said_to_have_helped() -> None:
    """Planted: the same share of answered children before and since, savings fitted on other orders of the kind."""

    def order(seed: int, helps: bool) -> tuple[Segment, Segment]:
        draw = np.random.default_rng(seed)

        def e(answered: float, n: int) -> list[float]:
            return [
                float(np.exp(draw.normal(-0.3, 0.77)) * (6.0 if draw.random() < answered else 1.0)) for _ in range(n)
            ]

        return segment(e(0.4, 40)), segment(e(0.0 if helps else 0.4, 40), 0.5, 0.0)

    fit = [(features(*order(n, n % 2 == 0), MODEL), n % 2 == 0) for n in range(120)]
    terms = np.array([one.terms() for one, _ in fit])
    truth = np.array([one.gone_on if helps else 0.0 for one, helps in fit])
    b = np.linalg.lstsq(terms, truth, rcond=None)[0]
    width = 0.5 + terms[:, 1]
    miss = (terms @ b - truth) / width
    fitted = MODEL.changed(
        learnt={"switch": np.concatenate([b, np.maximum(np.quantile(np.stack([miss, -miss]), 0.95, axis=1), 0.0)])}
    )
    verdicts = [effect(*order(1000 + n, helps=False), fitted).verdict for n in range(60)]
    assert verdicts.count(NO_DIFFERENCE) >= 0.85 * 60
    helped = [effect(*order(2000 + n, helps=True), fitted).verdict for n in range(60)]
    assert helped.count(SAVED) > 30
