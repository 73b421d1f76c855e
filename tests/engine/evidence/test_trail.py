"""One parent's evidence: its terms, epochs, light, direct measurements and the own impact it is charged with."""

import math
from typing import Any

import numpy as np
import pytest

from app.engine.evidence import cost
from app.engine.evidence.colour import AMBER, GREY, RED
from app.engine.evidence.fold import JUMP
from app.engine.evidence.lasting import left
from app.engine.evidence.own import Level
from app.engine.evidence.rows import CHILD, SCORES
from app.engine.evidence.trail import NO_PLAN_S, Trail
from app.engine.units import NULL, SECOND
from tests.engine.evidence import spec
from tests.engine.evidence.made import KERNEL, model

G = KERNEL.g
STILL = Level(0.0, 0.0, 1.0, 1.0)


def trail(qty: int = 1000, side: int = 1, planned: int = NULL, **changes: Any) -> Trail:
    made = Trail("P1", model(**changes), G)
    made.terms(0, side, qty, planned)
    return made


def child(t: int, e: float | list[float], **columns: Any) -> Any:
    record = np.zeros(1, CHILD)
    record["t"], record["closed"], record["e"], record["tick"] = t, t + 8 * SECOND, e, 2.0
    record["y"] = record["c"] = np.nan
    record["share"] = 1.0
    for name, value in columns.items():
        record[name] = value
    return record


def test_that_terms_stay_until_they_are_said_anew() -> None:
    made = trail(planned=70)
    made.terms(5, 0, NULL, NULL)
    assert (made.side, made.qty, made.planned, made.first, made.rest) == (1, 1000, 70, 0, 1.0)
    made.terms(6, -1, 500, 80)
    assert (made.side, made.qty, made.planned, made.first) == (-1, 500, 80, 0)
    assert Trail("P2", model(), G).rest == 0.0
    assert Trail("P2", model(), G).share_after(5) == 0.0


def test_that_what_is_unfilled_pays_for_what_own_trades_move() -> None:
    made = trail()
    made.done(0, 400, Level(1.0, 5.0, 1.0, 1.0), 1)
    assert made.own_impact == 0.0
    made.done(0, 100, Level(3.0, 6.0, 0.5, 0.25), 1)
    assert made.own_impact == pytest.approx(0.6 * (2.0 * 0.5 + 1.0 * 0.25))
    made.accrue(Level(2.0, 6.0, 1.0, 0.0))
    assert made.own_impact == pytest.approx(0.6 * 2.0 - 0.5)  # what is known of the market by now counts for all of it
    sold = trail(side=-1)
    sold.done(0, 400, Level(-1.0, 0.0, 1.0, 1.0), 1)
    sold.done(0, 100, Level(-3.0, 0.0, 1.0, 1.0), 1)
    assert sold.own_impact == pytest.approx(0.6 * 2.0)
    assert trail().own_impact == 0.0
    assert (made.rest, made.share_after(200)) == (0.5, 0.3)


def test_that_more_than_two_in_a_hundred_missing_on_the_tape_silence_flow() -> None:
    made = trail()
    assert not made.tape_is_missing
    made.done(0, 980, STILL, 1)
    made.done(0, 19, STILL, 0)
    assert not made.tape_is_missing
    made.done(0, 1, STILL, NULL)
    made.done(0, 2, STILL, 0)
    assert (made.unseen, made.on_tape) == (21, 1001)
    assert made.tape_is_missing


def test_that_later_fills_are_planned_to_the_end_or_for_half_an_hour() -> None:
    whole = child(0, 1.0, gain=1.0, stays=1.0)[0]
    assert trail(planned=100 * SECOND).later(0, 0.5, whole) == pytest.approx(1.06 * cost.later_impact(G, 0.5, 100.0))
    assert trail().later(0, 0.5, whole) == pytest.approx(1.06 * cost.later_impact(G, 0.5, NO_PLAN_S))
    assert trail(planned=5).later(10, 0.5, whole) == pytest.approx(1.06 * cost.later_impact(G, 0.5, 1.0))


def test_that_later_fills_pay_what_the_market_shows_of_the_kernel() -> None:
    made = trail(planned=100 * SECOND)
    fades, lasts = (*G[:2], 0.0, 0.0), (0.0, 0.0, *G[2:])
    assert made.later(0, 0.5, child(0, 1.0, gain=1.0)[0]) == pytest.approx(1.06 * cost.later_impact(fades, 0.5, 100.0))
    assert made.later(0, 0.5, child(0, 1.0, stays=1.0)[0]) == pytest.approx(1.06 * cost.later_impact(lasts, 0.5, 100.0))
    assert made.later(0, 0.5, child(0, 1.0)[0]) == 0.0


def test_that_children_are_bets_with_what_they_would_cost() -> None:
    made, draw = trail(), np.random.default_rng(2)
    children, jump = draw.uniform(0, 4, (6, SCORES)).astype(np.float32), 2.0 * made.model.numbers["jump_ticks"]
    prices = []
    for n, e in enumerate(children):
        share, own = 1 - 0.1 * n, 0.3
        made.scored(n, child(n * SECOND, e.tolist(), share=share, own=own))
        out = np.zeros(SCORES)
        kept = cost.Answered(float(np.float32(share)), float(np.float32(own)), jump, 2.0)
        cost.world_costs(kept, out)
        prices.append(out.tolist())
    first = made.model.numbers["onset_first"]
    wanted = spec.process(children.astype(float).tolist(), prices, made.model.tables.weights.tolist(), first)
    assert made.epochs[0]["e"] == pytest.approx(wanted.e, rel=1e-9)
    assert made.epochs[0]["leak"] == pytest.approx(wanted.leak, rel=1e-9)
    assert [said.e_child for said in made.said][1:] == pytest.approx(
        [after.e / before.e for before, after in zip(made.said, made.said[1:], strict=False)]
    )
    assert made.records == [[0, 1, 2, 3, 4, 5]]


def test_that_the_light_is_the_same_however_often_it_is_looked_at() -> None:
    once, always = trail(), trail()
    for n in range(12):
        for made in (once, always):
            made.done(0, 50, STILL, 1)
            made.scored(n, child(n * SECOND, 5.0 if n % 4 else 0.2, own=1.0, cell=100 * n))
            if n == 7:
                made.switch(n * SECOND + 1)
        assert always.light.colour == always.said[-1].light
        assert sum(always.in_volatility) == (n + 1 if n < 7 else n - 7)
    assert (once.light, once.said, once.in_volatility) == (always.light, always.said, always.in_volatility)
    assert [said.record for said in once.said] == [*range(8), -1, *range(8, 12)]
    assert once.look(3) == always.look(3)
    assert len({said.reason for said in once.said}) == 13


def test_that_children_entered_many_at_a_time_are_those_entered_one_by_one() -> None:
    once, always, draw = trail(), trail(), np.random.default_rng(5)
    for n in range(150):
        one = child(n * SECOND, draw.uniform(0, 3, SCORES).tolist(), own=0.5, y=draw.normal(), c=0.0, share=1 - n / 200)
        level = STILL._replace(price=float(draw.normal()), wanders=1.0)
        for made in (once, always):
            if n % 3 == 1:
                made.done(n * 40 * SECOND, 1, level, 1)
            made.scored(n, one)
            if n == 120:
                made.switch(n * SECOND + 1)
        assert int(always.epochs[-1]["n"]) == (n + 1 if n < 120 else n - 120)
    assert once.epochs.tobytes() == always.epochs.tobytes()
    assert (once.reach, once.lasting.shares, once.said) == (always.reach, always.lasting.shares, always.said)
    assert once.lasts(0) == always.lasts(0) != once.lasts(1)


def test_that_the_direct_measurement_weighs_what_was_unfilled() -> None:
    made = trail()
    made.scored(0, child(0, 1.0, y=2.0, c=3.0, share=0.5, own=0.25))
    made.scored(1, child(1, 1.0))
    made.scored(2, child(2, 1.0, y=-1.0, c=0.0, share=0.5))
    epoch = made.epochs[0]
    assert (epoch["direct"], epoch["direct2"], epoch["measured"]) == (1.75 - 0.5, 1.75**2 + 0.25, 2)
    assert made.reach == [1.0]
    made.switch(3)
    made.scored(3, child(3, 1.0, y=0.0, c=0.0, share=0.25))
    assert made.reach == [1.0, 0.25]


def test_that_the_leak_of_all_epochs_is_the_sum_of_both_estimates_of_each() -> None:
    made = trail()
    assert made.sized() == (0.0, 0.0, 0.0)
    wanted = []
    for n in range(12):
        if n == 6:
            made.switch(n * SECOND)
        made.scored(n, child(n * SECOND, 4.0, own=1.0, y=0.1 * n, c=0.0))
    for number in range(2):
        plain = cost.direct(*made.epochs[number][["direct", "direct2", "measured"]].item())
        assert made.measured(number) == cost.doubted(plain, 6.0, 2.0)
        assert made.leak(number).value == pytest.approx(float(made.epochs[number]["leak"]))
        wanted.append(cost.weighed(made.leak(number), made.measured(number), 1.8).value or 0.0)
    assert made.sized().value == pytest.approx(sum(wanted))


def test_that_the_leak_is_what_the_order_pays_of_the_answers() -> None:
    """A price that goes with the answers and comes back within minutes, and one that stays where it went."""
    made, kept = trail(qty=100_000), trail(qty=100_000)
    jumps, level, whole = [], 0.0, 0.0
    for n in range(150):
        t = n * 20 * SECOND
        for one, price in ((made, level), (kept, whole)):
            one.done(t, 100, Level(0.0, 0.0, 1.0, 1.0, price, 0.0, 0.02), 1)
            one.scored(n, child(t - 8 * SECOND, 6.0 if n < 100 else 0.0, own=0.0))
        jumps.append(float(made.room.found[JUMP]) if n < 100 else 0.0)
        level, whole = left(level + jumps[-1], 20 * SECOND), whole + jumps[-1]
    raw = float(made.epochs[0]["leak"])
    assert float(kept.epochs[0]["leak"]) == raw
    assert made.lasts(0).factor < 0.3
    assert kept.lasts(0).factor == pytest.approx(1.0, abs=0.15)
    assert made.leak(0).value == pytest.approx(raw * made.lasts(0).factor)
    assert made.said[-1].estimate == pytest.approx(made.leak(0).value)
    assert made.look(5).projected == pytest.approx(
        cost.projected(made.leak(0).value or 0.0, 1.0, made.rest, made.lasts(0).fading)
    )
    assert made.epochs[0]["e"] == kept.epochs[0]["e"]  # sizes alone


def test_that_evidence_and_size_turn_the_light() -> None:
    made = trail()
    for n in range(8):
        made.scored(n, child(n * 20 * SECOND, 6.0, own=1.0))
    assert made.light.colour in (AMBER, RED)
    assert made.said[-1].light == made.light.colour
    assert made.said[0].light == GREY
    assert made.said[0].reason.startswith("too early: 1 scored children of 15")


def test_that_a_new_algo_begins_a_new_epoch_with_half_the_mass() -> None:
    made = trail()
    made.switch(3)
    assert (len(made.epochs), made.epochs[0]["began"]) == (1, 3)  # nothing scored before: nothing to keep
    made.scored(0, child(0, 6.0))
    before = float(made.epochs[0]["e"])
    made.filled = 400
    made.switch(9)
    assert [float(mass) for mass in made.epochs["mass"]] == [1.0, 0.5]
    assert (made.epochs[0]["e"], made.epochs[1]["e"], made.first_rest) == (before, 0.5, 0.6)
    assert (made.light.colour, made.light.since, made.records) == (GREY, 9, [[0], []])
    assert (made.said[-1].record, made.said[-1].epoch, made.said[-1].e_child) == (-1, 1, None)
    made.scored(1, child(10, 2.0))
    assert made.said[-1].reason.startswith("too early: 1 scored children of 15 since the switch")
    assert made.epochs[0]["e"] == before
    assert made.epochs[1]["n"] == 1


def test_that_a_new_epoch_remembers_what_followed_own_prints() -> None:
    made = trail()
    made.scored(0, child(0, 6.0))
    made.epochs["after_own"], made.epochs["own_events"] = 9.0, 7.0
    made.switch(9)
    assert made.epochs[["after_own", "own_events"]].tolist() == [(9.0, 7.0), (9.0, 7.0)]


def test_that_an_unheard_of_growth_from_nothing_is_told() -> None:
    made = trail()
    made.epochs["e"] = 0.0
    made.scored(0, child(0, 1.0))
    assert made.said[0].e_child == math.inf


def test_that_before_the_first_child_there_is_no_size() -> None:
    look = trail().look(5)
    assert (look.e, look.projected, look.detectable, look.children) == (1.0, None, None, 0)
