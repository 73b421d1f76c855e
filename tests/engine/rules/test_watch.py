"""Rules over time: held without a break, fired once until left, bounded, dry until armed, the same after a restart."""

import itertools
from collections.abc import Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as some

from app.engine.rules.columns import VOCABULARY
from app.engine.rules.reading import condition_of
from app.engine.rules.truth import Row
from app.engine.rules.watch import Bounds, Firing, Rule, Watch
from app.engine.units import SECOND

RED: Row = {"level": "RED", "cost_z": 4.0, "side": "SELL"}
GREEN: Row = {"level": "GREEN", "cost_z": 0.0, "side": "SELL"}
NONE: Row = {"level": None, "cost_z": None, "side": "SELL"}


def rule(when: str = 'level == "RED" for 30 s', **more: Any) -> Rule:
    for name in ("until", "where"):
        if name in more:
            more[name] = condition_of(more[name], VOCABULARY, name)
    return Rule(name="r", when=condition_of(when, VOCABULARY, "when"), **more)


def armed(made: Rule) -> Watch:
    watch = Watch(made)
    watch.armed = True
    return watch


def run(watch: Watch, rows: Sequence[tuple[float, Row]], parent: str = "P") -> list[tuple[float, str]]:
    """Rows at seconds: what fired when."""
    found: list[tuple[float, str]] = []
    for second, row in rows:
        found += [(second, one.verdict) for one in watch.step(round(second * SECOND), [(parent, row)])]
    return found


def test_that_a_condition_fires_once_it_has_held_and_once_only() -> None:
    watch = armed(rule())
    assert run(watch, [(0, RED), (29.9, RED), (30, RED), (31, RED), (90, RED)]) == [(30, "act")]
    assert (watch.fired(), watch.fired("P"), watch.fired("Q")) == (1, 1, 0)
    assert (watch.since("P"), watch.since("Q"), watch.holding()) == (0, None, 1)


def test_that_a_break_starts_the_hold_again_and_undefined_is_a_break() -> None:
    assert run(armed(rule()), [(0, RED), (20, GREEN), (21, RED), (50, RED), (51, RED)]) == [(51, "act")]
    assert run(armed(rule()), [(0, RED), (20, NONE), (21, RED), (50, RED), (51, RED)]) == [(51, "act")]


def test_that_figures_that_cannot_be_believed_for_a_while_are_a_break() -> None:
    watch = armed(rule())
    assert run(watch, [(0, RED), (29, RED)]) == []
    watch.interrupt()
    assert run(watch, [(31, RED), (60, RED), (61, RED)]) == [(61, "act")]


def test_that_it_fires_again_only_after_it_was_left_and_undefined_is_not_left() -> None:
    free = Bounds(cool_down_s=0)
    rows = [(0, RED), (1, NONE), (2, RED), (3, GREEN), (4, RED)]
    assert run(armed(rule('level == "RED"', bounds=free)), rows) == [(0, "act"), (4, "act")]


def test_that_until_says_when_it_was_left() -> None:
    free = Bounds(cool_down_s=0)
    watch = armed(rule("cost_z >= 3", until="cost_z < 1", bounds=free))
    rows: list[tuple[float, Row]] = [(second, {"cost_z": z}) for second, z in enumerate((4.0, 2.0, 4.0, 0.5, 4.0))]
    assert run(watch, rows) == [(0, "act"), (4, "act")]


def test_that_it_looks_only_at_orders_it_is_for() -> None:
    watch = armed(rule('level == "RED"', where='side == "BUY"'))
    assert run(watch, [(0, RED)]) == []
    assert run(watch, [(1, {**RED, "side": "BUY"})]) == [(1, "act")]


def test_that_it_cools_down_and_says_so() -> None:
    watch = armed(rule('level == "RED"', bounds=Bounds(cool_down_s=100)))
    rows = [(0, RED), (10, GREEN), (50, RED), (60, GREEN), (100, RED)]
    assert run(watch, rows) == [(0, "act"), (50, "wait"), (100, "act")]
    assert watch.fired() == 2


def test_that_an_order_and_a_day_have_their_most() -> None:
    each = Bounds(cool_down_s=0, order_day=1, day=2)
    watch = armed(rule('level == "RED"', bounds=each))
    assert run(watch, [(0, RED), (1, GREEN), (2, RED)]) == [(0, "act"), (2, "wait")]
    assert run(watch, [(3, RED)], "Q") == [(3, "act")]
    said = watch.step(4 * SECOND, [("R", RED)])
    assert [(one.verdict, one.words.rpartition("; ")[2]) for one in said] == [("wait", "2 times today already")]


def test_that_more_than_a_few_in_a_minute_ask_a_person() -> None:
    watch = armed(rule('level == "RED"', bounds=Bounds(minute=5)))
    found = [one.verdict for k in range(7) for one in watch.step(k * SECOND, [(f"P{k}", RED)])]
    assert found == ["act"] * 5 + ["ask"] * 2
    assert [one.verdict for one in watch.step(70 * SECOND, [("later", RED)])] == ["act"]


def test_that_it_is_dry_until_armed() -> None:
    watch = Watch(rule('level == "RED"'))
    assert run(watch, [(0, RED)]) == [(0, "dry")]


def test_that_every_firing_is_explained() -> None:
    found = armed(rule('level == "RED" and cost_z > 3 for 2 s'))
    found.step(0, [("P", RED)])
    (said,) = found.step(2 * SECOND, [("P", RED)])
    assert said == Firing(
        rule="r", parent_id="P", ts=2 * SECOND, verdict="act",
        words='level == "RED" and cost_z > 3 for 2 s: level = RED, cost_z = 4, held for 2.0 s',
    )  # fmt: skip


ROWS = some.lists(some.tuples(some.sampled_from(["P", "Q"]), some.sampled_from([RED, GREEN, NONE])), max_size=30)


@given(ROWS, some.integers(0, 30))
def test_that_a_restart_anywhere_changes_nothing(rows: list[tuple[str, Row]], at: int) -> None:
    made = rule('level == "RED" for 2 s', bounds=Bounds(cool_down_s=3, order_day=2, day=3))
    whole, first = armed(made), armed(made)
    wanted = [one for k, row in enumerate(rows) for one in whole.step(k * SECOND, [row])]
    found = [one for k, row in enumerate(rows[:at]) for one in first.step(k * SECOND, [row])]
    again = Watch(made)
    again.load(first.save())
    found += [one for k, row in enumerate(rows[at:], at) for one in again.step(k * SECOND, [row])]
    assert found == wanted
    assert again.armed


@given(ROWS)
def test_that_it_never_acts_on_anything_but_a_true_condition_and_within_its_bounds(rows: list[tuple[str, Row]]) -> None:
    bounds = Bounds(cool_down_s=3, order_day=2, day=3)
    watch = armed(rule('level == "RED"', bounds=bounds))
    acted: list[tuple[int, str]] = []
    for k, (parent, row) in enumerate(rows):
        for one in watch.step(k * SECOND, [(parent, row)]):
            assert row is RED
            if one.verdict == "act":
                acted.append((k, parent))
    assert len(acted) <= bounds.day
    for name in ("P", "Q"):
        times = [k for k, parent in acted if parent == name]
        assert len(times) <= bounds.order_day
        assert all(later - earlier >= bounds.cool_down_s for earlier, later in itertools.pairwise(times))
