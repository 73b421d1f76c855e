"""Groups of orders: their names, and weights learnt from past orders of known kinds."""

from typing import Any

import numpy as np
import pytest

from app.engine.events import OrderRow
from app.engine.evidence.groups import PRIOR_SIZE, Group, learn, tag_of
from app.engine.evidence.process import EPOCH, Bet, enter, start
from app.engine.evidence.rows import SCORES, SHARES, WORLDS

EVEN = np.full(WORLDS, 1 / WORLDS)


def row(**columns: Any) -> OrderRow:
    return OrderRow(ts_event=1, kind="algo_new", source="ems", **columns)


def test_that_a_group_is_known_by_narrower_and_wider_names() -> None:
    assert Group("VWAP", "XNAS", "open").names() == ("VWAP|XNAS|open", "VWAP|XNAS", "VWAP", "*")
    assert Group("VWAP").names() == ("VWAP|-|-", "VWAP|-", "VWAP", "*")
    assert Group("", "XNAS").names() == ("*",)
    assert (Group("VWAP", "XNAS", "open").whole, Group().whole) == ("VWAP|XNAS|open", "-|-|-")


def test_that_rows_tell_more_and_more_of_a_group() -> None:
    group = Group().told(row(algo="VWAP")).told(row(broker="BRK", params='{"tag": "open", "rate": 0.1}'))
    assert group == ("VWAP", "BRK", "open")
    assert group.told(row(algo="POV", venue="XNAS", broker="OTHER")) == ("POV", "XNAS", "open")


@pytest.mark.parametrize(
    ("params", "tag"),
    [('{"tag": "a"}', "a"), ('{"tag": 7}', "7"), ("{}", ""), ("[1]", ""), ("{", ""), ('{"tag": null}', ""), ("", "")],
)
def test_that_a_tag_stands_in_the_parameters_if_anywhere(params: str, tag: str) -> None:
    assert tag_of(params) == tag


def grown(leaks: bool, seed: int, score: int = 2, children: int = 80) -> np.ndarray:
    """What the bets of one order have grown to: one score is high after 30 % of the children where it leaks."""
    draw, epochs, e = np.random.default_rng(seed), np.zeros(1, EPOCH), np.ones(SCORES)
    start(epochs, 0, 1.0)
    for _ in range(children):
        e[:] = np.exp(draw.normal(-0.18, 0.6, SCORES))
        if leaks and draw.random() < 0.3:
            e[score] *= 6.0
        enter(Bet(epochs, 0, e, np.zeros(SCORES), EVEN, 0.3, 0.04, 0.7))
    return np.array(epochs[0]["capital"] + epochs[0]["unborn"])


@pytest.mark.jit
def test_that_the_weights_of_past_orders_go_to_the_world_they_leaked_in() -> None:
    past = np.stack([grown(n % 3 == 0, n) for n in range(45)])
    _null, weights = learn(past, np.ones(45), 0.7, EVEN)
    assert weights.sum() == pytest.approx(1.0)
    by_score = weights.reshape(SCORES, len(SHARES)).sum(axis=1)
    assert by_score.argmax() == 2
    assert by_score[2] > 0.5


@pytest.mark.jit
def test_that_a_leaking_past_raises_the_leaking_share_and_none_leaves_the_prior() -> None:
    clean, some, all_ = (
        learn(np.stack([grown(n % 3 < leaking, n) for n in range(45)]), np.ones(45), 0.7, EVEN)[0]
        for leaking in (0, 1, 3)
    )
    assert clean > some + 0.1 > all_ + 0.2
    assert all_ == pytest.approx(PRIOR_SIZE * 0.7 / (PRIOR_SIZE + 45), abs=0.02)
    null, weights = learn(np.zeros((0, WORLDS)), np.zeros(0), 0.7, EVEN)
    assert null == pytest.approx(0.7)
    assert weights == pytest.approx(EVEN)


@pytest.mark.jit
def test_that_the_result_is_the_fixed_point_of_the_em() -> None:
    past = np.stack([grown(n % 3 == 0, n) for n in range(12)])
    null, weights = learn(past, np.ones(12), 0.7, EVEN)
    joint = np.concatenate([np.full((12, 1), null), (1 - null) * weights * past], axis=1)
    joint /= joint.sum(axis=1, keepdims=True)
    assert null == pytest.approx((joint[:, 0].sum() + PRIOR_SIZE * 0.7) / (12 + PRIOR_SIZE), rel=1e-3)
    again = joint[:, 1:].sum(axis=0) + PRIOR_SIZE * 0.3 * EVEN
    assert weights == pytest.approx(again / again.sum(), rel=0.05, abs=1e-4)


def test_that_an_order_beyond_counting_is_a_leak() -> None:
    past = np.full((6, WORLDS), 1e150)
    null, weights = learn(past, np.zeros(6), 0.7, EVEN)
    assert null == pytest.approx(PRIOR_SIZE * 0.7 / (PRIOR_SIZE + 6))
    assert np.isfinite(weights).all()
