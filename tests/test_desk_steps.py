"""The steps of a frame add up to it: what a step takes is its own, what is within it is the inner step's."""

import gc
from collections.abc import Iterator

import pytest

from tests.bench.desk_steps import COLLECTOR, QT, Steps, shares, told


class Spent:
    """Processor time by hand (s)."""

    def __init__(self) -> None:
        self.s = 0.0

    def __call__(self) -> float:
        return self.s

    def work(self, ms: float) -> None:
        self.s += ms / 1e3


@pytest.fixture
def spent() -> Spent:
    return Spent()


def test_that_a_step_is_told_without_the_steps_inside_it(spent: Spent) -> None:
    steps = Steps(spent)
    inner = steps.timed("inner", spent.work)

    def outer() -> str:
        spent.work(3)
        inner(5)
        inner(7)
        return "done"

    assert steps.timed("outer", outer)() == "done"
    assert steps.take("frame") == pytest.approx({"outer": 3.0, "inner": 12.0})
    assert steps.take("frame") == {}, "nothing since"
    inner(1)
    assert steps.take("frame") == pytest.approx({"inner": 1.0})
    assert steps.take("another lap") == pytest.approx({"outer": 3.0, "inner": 13.0}), "laps count for themselves"


def test_that_a_step_that_fails_is_told_and_fails(spent: Spent) -> None:
    steps = Steps(spent)

    def fail() -> None:
        spent.work(2)
        raise ValueError("as it was")

    with pytest.raises(ValueError, match="as it was"):
        steps.timed("outer", steps.timed("inner", fail))()
    assert steps.take("frame") == pytest.approx({"inner": 2.0})
    steps.timed("next", spent.work)(1)
    assert steps.take("frame") == pytest.approx({"next": 1.0})


@pytest.fixture
def collected() -> Iterator[None]:
    before = list(gc.callbacks)
    yield
    gc.callbacks[:] = before


@pytest.mark.usefixtures("collected")
def test_that_a_collection_within_a_step_is_the_collectors(spent: Spent) -> None:
    steps = Steps(spent)
    gc.callbacks.append(steps._collected)
    gc.callbacks.append(lambda phase, _found: spent.work(4) if phase == "start" else None)

    def work() -> None:
        spent.work(1)
        gc.collect(1)

    steps.timed("work", work)()
    taken = steps.take("frame")
    assert taken["work"] == pytest.approx(1.0)
    assert taken[f"{COLLECTOR}, generation 1"] == pytest.approx(4.0)


def test_that_shares_are_of_the_dear_frames_alone_and_the_rest_is_qts() -> None:
    frames = [(1.0, {"a": 1.0})] * 95 + [(20.0, {"a": 5.0, "b": 8.0}), (10.0, {"b": 10.0})] * 2
    found = {share.title: (share.mean, share.most) for share in shares(frames, 96)}
    assert found == {"a": (2.5, 5.0), "b": (9.0, 10.0), QT: (3.5, 7.0)}
    assert [share.title for share in shares(frames, 96)] == ["b", QT, "a"]
    assert shares([], 95) == []
    assert told(20.0, {"a": 5.0, "b": 8.0}) == f"b 8.0, {QT} 7.0, a 5.0"
