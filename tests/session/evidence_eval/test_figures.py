"""Figures of cells of parents made by hand: what counts as what."""

import math

import pytest

from app.session.evidence_eval.figures import (
    alarmed,
    alarms_of,
    alike,
    caught_at_size,
    clean_cells,
    colours_of,
    delay_of,
    discoveries_of,
    exact,
    healed,
    pooled,
    seen_of,
)
from app.session.evidence_eval.statistics import Part
from tests.session.evidence_eval.parents import leaking, parent

CLEAN = [parent(n, sup_e=1.0 + n / 10) for n in range(20)]


def test_that_a_leak_is_told_from_clean_parents_of_its_market() -> None:
    cells = {"base_0": CLEAN, "vol4_0": [parent(n, sup_e=1e6) for n in range(5)], "base_4": [leaking(1), leaking(2)],
             "vol4_4": [leaking(3)]}  # fmt: skip
    seen = {one.cell: one for one in seen_of(cells)}
    assert set(seen) == {"base_4", "vol4_4"}
    assert seen["base_4"].strongest.value == 1.0
    assert seen["vol4_4"].strongest.value == 0.0
    assert seen["base_4"].power == Part(2, 2)
    assert seen["base_4"].true.value == 4.0


def test_that_alarms_are_counted_by_clean_cell_and_algo() -> None:
    cells = {
        "base_0": [parent(1, sup_e=20.0), parent(2), parent(3, algo="TWAP")],
        "base_4": [leaking(1)],
        "forty_base_0": [parent(9, sup_e=99.0)],
    }
    found = {(one.cell, one.algo): one.part for one in alarms_of(cells)}
    assert found == {("base_0", "TWAP"): Part(0, 1), ("base_0", "VWAP"): Part(1, 2)}
    assert pooled(alarms_of(cells)) == Part(1, 3)
    assert clean_cells(cells) == ["base_0"]
    assert alarms_of(cells)[0].limit == pytest.approx(0.05 + 3 * math.sqrt(0.05 * 0.95))


def test_that_an_alarm_is_e_of_20_at_any_time_of_any_epoch() -> None:
    assert alarmed(parent(e=2.0, sup_e=20.0))
    assert not alarmed(parent(sup_e=19.999))


def test_that_delay_counts_children_from_the_first_answered_and_never_is_infinite() -> None:
    assert delay_of(leaking(onset=3, crossed=(8, 12, None))) == 10
    assert delay_of(leaking(onset=15, crossed=(8, 12, None))) == 1
    assert delay_of(leaking(crossed=(8, None, None))) == math.inf


def test_that_false_discoveries_are_the_clean_share_of_the_badge() -> None:
    cells = {"tenth_8": [leaking(n) for n in range(9)] + [parent(n, e=1e4) for n in range(1)] + CLEAN}
    (found,) = discoveries_of(cells)
    assert (found.false.value, found.false.n) == (0.1, 10)
    assert found.found.value == 1.0
    nothing = discoveries_of({"tenth_8": CLEAN})
    assert nothing[0].false.value == 0.0


def test_that_sets_of_a_thousand_are_drawn_from_the_base() -> None:
    cells = {"base_0": [parent(n, e=0.5) for n in range(50)], "base_4": [leaking(n) for n in range(50)]}
    (found,) = discoveries_of(cells)
    assert found.sets == 200
    assert (found.false.value, found.found.value) == (0.0, 1.0)


def test_that_colours_are_counted_of_watched_and_of_clean_parents() -> None:
    cells = {"tenth_8": [leaking(1), parent(2), parent(3, status="AMBER", ever="RED")]}
    found = colours_of(cells)
    assert found["tenth_8"]["RED"] == Part(1, 1)
    assert found["tenth_8 clean"]["AMBER"] == Part(1, 2)
    assert found["tenth_8 clean"]["ever RED"] == Part(1, 2)


def test_that_a_repeated_parent_is_compared_with_itself() -> None:
    cells = {
        "base_0": [parent(1), parent(2)],
        "alone_base_0": [parent(1)],
        "forty_base_0": [parent(2, e=1.5), parent(7)],
    }
    assert alike(cells) == Part(1, 2)


def test_that_a_healed_epoch_never_alarmed_and_ended_without() -> None:
    cells = {"cured_4": [
        parent(1, epochs=2), parent(2, epochs=2, ever_last="AMBER"), parent(3, epochs=2, status="LEAN"), parent(4),
    ]}  # fmt: skip
    assert healed(cells) == Part(1, 3)


def test_that_what_can_just_be_seen_is_judged_by_power_at_its_size() -> None:
    cells = {"at_size": [leaking(1), leaking(2, sup_e=3.0, true_bps=6.0)]}
    caught, true, told = caught_at_size(cells)
    assert caught == Part(1, 2)
    assert (true.value, told.value) == (5.0, 5.0)


def test_that_a_split_is_exact_up_to_what_rounding_leaves() -> None:
    assert exact({"base_0": [parent(gap=1.0), parent(gap=None)]}) == (Part(1, 1), 1.0)
    assert exact({"base_0": [parent(gap=1.01)]})[0] == Part(0, 1)
