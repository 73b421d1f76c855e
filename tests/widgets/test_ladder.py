"""The book as a ladder: no level lost, prices from the highest ask down, our own told from the market's."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot

from app.widgets import format as text
from app.widgets import theme as themes
from app.widgets.ladder import LINE, Ladder
from app.widgets.lookback_port import Level

BID, ASK = ("buy", "B"), ("sell", "A")
LEVELS = st.lists(
    st.builds(
        Level,
        st.sampled_from(["A", "B"]),
        st.integers(1, 500).map(lambda cents: cents / 100),
        st.integers(0, 10**9),
        st.none() | st.integers(0, 999),
        st.integers(0, 10**6),
    ),
    max_size=12,
    unique_by=lambda at: (at.side, at.price),
)


@pytest.fixture(scope="module")
def ladder(qapp: object) -> Ladder:
    return Ladder(themes.DARK)


def colours(ladder: Ladder) -> set[str]:
    picture = ladder.grab().toImage()
    return {picture.pixelColor(x, y).name() for x in range(picture.width()) for y in range(picture.height())}


@given(LEVELS)
def test_that_asks_stand_over_bids_and_prices_fall_whatever_order_they_came_in(
    ladder: Ladder, levels: list[Level]
) -> None:
    ladder.show_levels(levels)
    assert sorted(ladder.levels) == sorted(levels)
    sides = [at.side for at in ladder.levels]
    assert sides == sorted(sides), "a crossed book too has its asks on top"
    for side in "AB":
        prices = [at.price for at in ladder.levels if at.side == side]
        assert prices == sorted(prices, reverse=True)
    assert ladder.middle() == LINE * (1 + sides.count("A"))


@given(LEVELS)
def test_that_each_line_says_its_level_on_its_own_side_and_nothing_on_the_other(
    ladder: Ladder, levels: list[Level]
) -> None:
    ladder.show_levels(levels)
    for at, line in zip(ladder.levels, ladder.said(), strict=True):
        own, orders, size = line[:3] if at.side == "B" else line[:3:-1]
        assert line[3] == text.price(at.price)
        assert (line[4:] if at.side == "B" else line[:3]) == ("", "", "")
        assert size == f"{at.size:,}"
        assert orders == (text.DASH if at.orders is None else f"{at.orders:,}")
        assert own == (f"{at.own:,}" if at.own else "")


def test_that_no_orders_and_unknown_orders_are_two_things(ladder: Ladder) -> None:
    ladder.show_levels([Level("B", 10.0, 5, 0, 0), Level("B", 9.0, 5, None, 0)])
    assert [line[1] for line in ladder.said()] == ["0", text.DASH]


def test_that_a_book_is_read_aloud_line_by_line_or_says_why_there_is_none(ladder: Ladder) -> None:
    ladder.show_levels([Level("B", 10.0, 5, 2, 0), Level("A", 10.5, 7, None, 3)])
    assert ladder.accessibleDescription() == f"10.5000  7  {text.DASH}  3; 2  5  10.0000"
    ladder.show_words("the tape has no book of that venue")
    assert ladder.accessibleDescription() == "the tape has no book of that venue"
    assert (ladder.levels, ladder.said()) == ([], [])
    ladder.show_levels([])
    assert ladder.accessibleDescription() == "the book was empty"
    ladder.show_levels([Level("B", 10.0, 5, 2, 0)])
    assert ladder.words == "", "and what was said is gone with the next book"


def test_that_more_levels_and_longer_figures_take_more_room(ladder: Ladder) -> None:
    sizes = []
    for levels in ([], [Level("B", 10.0, 5, 2, 0)], [Level("B", 10.0, 5 * 10**9, 2, 0), Level("A", 10.5, 1, 1, 0)]):
        ladder.show_levels(levels)
        sizes.append((ladder.minimumWidth(), ladder.minimumHeight()))
        assert ladder.sizeHint().height() == ladder.minimumHeight()
    widths, heights = zip(*sizes, strict=True)
    assert sorted(set(widths)) == list(widths)
    assert [b - a for a, b in pairwise(heights)] == [LINE, LINE]


@pytest.mark.parametrize(("tone", "side"), [BID, ASK])
def test_that_a_side_has_its_own_colour_and_a_faded_book_has_none(qtbot: QtBot, tone: str, side: str) -> None:
    made = Ladder(themes.DARK)
    qtbot.addWidget(made)
    made.show_levels([Level(side, 10.0, 500, 2, 100)])
    made.resize(500, made.minimumHeight())
    sides = {themes.DARK.buy, themes.DARK.sell}
    assert sides & colours(made) == {themes.DARK.colour(tone).name()}
    made.fade(True)
    assert not sides & colours(made)
    made.fade(False)
    made.dress(themes.LIGHT)
    assert {themes.LIGHT.buy, themes.LIGHT.sell} & colours(made) == {themes.LIGHT.colour(tone).name()}


@pytest.mark.parametrize("sizes", [(0, 0), (0, 100), (100, 0)])
def test_that_a_level_of_nothing_has_no_bar_and_stops_no_painting(qtbot: QtBot, sizes: tuple[int, int]) -> None:
    made = Ladder(themes.DARK)
    qtbot.addWidget(made)
    made.show_levels([Level("A", 10.1, sizes[0], 1, 0), Level("B", 10.0, sizes[1], 1, 0)])
    made.resize(500, made.minimumHeight())
    picture = made.grab().toImage()
    paper = themes.DARK.paper
    ask, bid = (
        {picture.pixelColor(x, line * LINE + 3).name() for x in range(500)} - {paper, themes.DARK.line}
        for line in (1, 2)
    )
    assert (bool(ask), bool(bid)) == (sizes[0] > 0, sizes[1] > 0)
