"""The badge over all live parents: Benjamini and Hochberg's rule for e-values."""

import numpy as np
import pytest

from app.engine.evidence.merge import TICK_NS, Badges, badge


def test_that_nobody_stands_out_of_nothing() -> None:
    assert badge({}) == frozenset()
    assert badge({"A": 1.0, "B": 0.0}) == frozenset()


def test_that_many_parents_ask_more_of_each() -> None:
    assert badge({"A": 10.0}) == {"A"}
    assert badge({"A": 10.0, "B": 1.0}) == frozenset()
    assert badge({"A": 20.0, "B": 1.0}) == {"A"}


def test_that_one_that_falls_short_alone_may_stand_with_others() -> None:
    assert badge({"A": 11.0, "B": 10.0, "C": 1.0}) == frozenset()
    assert badge({"A": 21.0, "B": 15.0, "C": 1.0}) == {"A", "B"}


def test_that_equal_values_go_by_the_name_and_the_order_told_does_not_matter() -> None:
    values = {"B": 15.0, "A": 15.0, "C": 1.0}
    assert badge(values) == badge(dict(sorted(values.items()))) == {"A", "B"}


@pytest.mark.parametrize("rate", [0.1, 0.3])
def test_that_false_discoveries_are_as_rare_as_promised(rate: float) -> None:
    draw = np.random.default_rng(4)
    shares = []
    for _ in range(200):
        e = {f"{n:03}": float(np.exp(draw.normal(-2, 2))) for n in range(90)}  # expectation 1
        e |= {f"L{n}": float(np.exp(draw.normal(6, 2))) for n in range(10)}
        found = badge(e, rate)
        shares.append(len([name for name in found if not name.startswith("L")]) / max(len(found), 1))
    assert np.mean(shares) <= rate + 2 * np.std(shares) / 200**0.5
    assert np.mean(shares) > 0


def test_that_all_orders_are_looked_at_together_once_a_second() -> None:
    badges = Badges()
    assert badges.due(0)
    assert badges.look(0, {"A": 10.0}, {"A": 10.0, "B": 1.0}) == {"A"}
    assert badges.alive == {"A"}
    assert badges.everyone == frozenset()
    assert not badges.due(TICK_NS - 1)
    assert badges.due(TICK_NS)
    assert badges.look(TICK_NS, {"A": 10.0}, {"A": 10.0}) == frozenset()
    assert badges.look(2 * TICK_NS, {"A": 10.0, "B": 1.0}, {"A": 10.0}) == {"A"}
    assert badges.alive == frozenset()
