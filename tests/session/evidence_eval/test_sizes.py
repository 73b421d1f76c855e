"""Sizes of leaks, of groups and of what switches saved, held against truths made by hand."""

import pytest

from app.engine.evidence.effect import NO_DIFFERENCE
from app.session.evidence_eval.record import Grouped
from app.session.evidence_eval.sizes import groups_of, saved, sized_of
from app.session.evidence_eval.statistics import Part
from tests.session.evidence_eval.parents import leaking, parent


def test_that_errors_are_of_orders_without_a_switch() -> None:
    cells = {"base_4": [leaking(1), leaking(2, leak_bps=2.0, high=3.5), leaking(3, epochs=2, leak_bps=99.0)]}
    one, everything = sized_of(cells)
    assert (one.cell, everything.cell) == ("base_4", "all")
    assert one.n == 2
    assert one.bias.value == pytest.approx((1.0 - 2.0) / 2)
    assert one.rmse.value == pytest.approx(((1.0 + 4.0) / 2) ** 0.5)
    assert one.covers == Part(1, 2)
    assert one.direct_covers == Part(2, 2)
    assert everything.n == 2


def test_that_cells_that_repeat_parents_do_not_count_again() -> None:
    names = [one.cell for one in sized_of({"base_0": [parent(1)], "forty_base_0": [parent(1)]})]
    assert names == ["base_0", "all"]


def test_that_nothing_is_said_of_a_size_that_is_not_there() -> None:
    (only,) = sized_of({})
    assert only.n == 0
    assert only.covers.n == 0


def group(**changes: object) -> Grouped:
    """Eight orders of an algo whose mean leak is 4 bps."""
    usual: dict[str, object] = {
        "seed": 1, "dimension": "algo", "name": "VWAP", "parents": 8, "leak_bps": 5.0, "low": 3.0, "high": 7.0,
        "e": 9.0, "badge": True, "true_bps": 4.0,
    }  # fmt: skip
    return Grouped(**(usual | changes))  # type: ignore[arg-type]


def test_that_groups_of_some_parents_are_judged_by_algo() -> None:
    groups = {
        "forty_base_4": [group(), group(true_bps=2.0), group(parents=4, true_bps=99.0), group(dimension="venue")],
        "base_4": [group(parents=1)],
    }
    one, everything = groups_of(groups)
    assert (one.cell, one.covers, one.width.value) == ("forty_base_4", Part(1, 2), 4.0)
    assert one.rmse.value == pytest.approx((5.0) ** 0.5)
    assert everything.covers == Part(1, 2)
    assert groups_of({"base_4": [group(parents=1)]}) == []


def test_that_savings_are_held_against_the_leak_had_the_cause_gone_on() -> None:
    cured = [
        parent(1, epochs=2, saving=(2.0, 0.5, 3.0), true_saving=2.5, verdict="saved"),
        parent(2, epochs=2, saving=(2.0, 0.5, 3.0), true_saving=3.5, verdict="saved"),
        parent(3, epochs=2, true_saving=1.0, verdict="not known"),
    ]
    kept = [
        parent(4, epochs=2, saving=(0.0, -1.0, 1.0), true_saving=0.0, verdict=NO_DIFFERENCE),
        parent(5, epochs=2, saving=(2.0, 1.0, 3.0), true_saving=0.0, verdict="saved"),
    ]
    covers, idle, error = saved({"cured_4": cured, "kept_8": kept})
    assert covers == Part(2, 4)
    assert idle == Part(1, 2)
    assert error.n == 4
