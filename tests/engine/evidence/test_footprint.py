"""Other orders of the house in the same instrument."""

from typing import Any

from app.engine.evidence.footprint import OPPOSITE, SAME, TOGETHER_NS, House, words
from app.engine.evidence.trail import Trail
from app.engine.units import SECOND
from tests.engine.evidence.made import KERNEL, model, own_day, own_parent, parents_of, played

MODEL = model()


def trails(number: int) -> list[Trail]:
    return [Trail(f"P{n}", MODEL, KERNEL.g) for n in range(number)]


def test_that_an_order_alone_hears_of_nobody() -> None:
    (one,), house = trails(1), House()
    for t in range(5):
        house.note(t * SECOND, 1, one)
    assert one.house == 0
    assert words(one.house) == ""


def test_that_both_hear_of_each_other_by_side() -> None:
    (one, two, three), house = trails(3), House()
    house.note(0, 1, one)
    house.note(1 * SECOND, 1, two)
    assert (one.house, two.house) == (SAME, SAME)
    house.note(2 * SECOND, -1, three)
    assert (one.house, two.house, three.house) == (SAME | OPPOSITE, SAME | OPPOSITE, OPPOSITE)
    assert {words(trail.house) for trail in (one, two)} == {"other house flow: present, both sides"}
    assert words(three.house) == "other house flow: present, opposite side"


def test_that_long_ago_and_no_side_are_nobody() -> None:
    (one, two, three), house = trails(3), House()
    house.note(0, 1, one)
    house.note(0, 0, three)
    house.note(TOGETHER_NS + 1, 1, two)
    assert (one.house, two.house, three.house) == (0, 0, 0)
    house.note(TOGETHER_NS + 2, 1, one)
    assert (one.house, two.house) == (SAME, SAME)


def test_that_one_who_acts_again_and_again_does_not_hide_the_other() -> None:
    (one, two, three), house = trails(3), House()
    house.note(0, 1, one)
    for t in range(1, 9):
        house.note(t * SECOND, 1, two)
    house.note(9 * SECOND, 1, three)
    assert (one.house, three.house) == (SAME, SAME)


def test_that_the_reason_says_so() -> None:
    def reason(sheet: Any) -> str:
        return str(parents_of(played(sheet))["P1"]["status_reason"])

    day = own_day(seconds=30)
    assert "other house flow" not in reason(day)
    own_parent(day, 30, "SELL", "P2", instrument="INST")
    assert "other house flow: present, opposite side" in reason(day)
