"""What the eye last saw: a click acts on the row that was painted, whatever stands there by then."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from app.widgets.seen import Seen

HEIGHT = 20
ORDERS = st.permutations(range(12)).map(lambda rows: np.array(rows, np.int64))


def order(*rows: int) -> NDArray[np.int64]:
    return np.array(rows, np.int64)


def test_that_before_anything_is_painted_nothing_stands_anywhere() -> None:
    seen = Seen()
    assert len(seen) == 0
    assert seen.row(0) == -1
    assert seen.line_at(0, HEIGHT) == -1


def test_that_an_order_that_moved_since_is_not_what_a_click_means() -> None:
    seen, rows = Seen(), order(7, 8, 9, 6)
    seen.note(rows, slice(0, 3), slice(0, 3), 0)
    rows[:] = order(9, 8, 7, 6)
    assert [seen.row(line) for line in range(-1, 5)] == [-1, 7, 8, 9, -1, -1]


def test_that_a_line_is_found_where_it_was_painted_though_the_view_has_scrolled_since() -> None:
    seen = Seen()
    seen.note(order(*range(100, 110)), slice(4, 7), slice(4, 7), -6)  # the first one shows its lower part only
    for y, line in ((-7, -1), (-6, 4), (0, 4), (13, 4), (14, 5), (53, 6), (54, -1)):
        assert seen.line_at(y, HEIGHT) == line
        assert seen.row(line) == (100 + line if line >= 0 else -1)


def test_that_rows_numbered_anew_count_again_once_they_are_painted() -> None:
    seen = Seen()
    seen.note(order(1, 2, 3), slice(0, 3), slice(0, 3), 0)
    seen.forget()
    assert (seen.row(1), seen.line_at(25, HEIGHT)) == (-1, -1)
    seen.note(order(3, 2, 1), slice(0, 3), slice(0, 3), 0)
    assert seen.row(0) == 3


@given(ORDERS, st.lists(st.tuples(ORDERS, st.integers(0, 5), st.integers(0, 5)), max_size=8), st.integers(0, 6))
def test_that_each_line_holds_what_was_painted_there_last(
    first: NDArray[np.int64], paints: list[tuple[NDArray[np.int64], int, int]], top: int
) -> None:
    seen, shown = Seen(), slice(top, top + 6)
    seen.note(first, shown, shown, 0)
    painted = dict(enumerate(first.tolist()[shown], top))
    for rows, a, b in paints:
        lines = slice(top + min(a, b), top + max(a, b) + 1)
        seen.note(rows, shown, lines, 0)
        painted.update(enumerate(rows.tolist()[lines], lines.start))
        assert {line: seen.row(line) for line in range(top, top + 6)} == painted
        assert len(seen) == 6


@given(ORDERS, ORDERS, st.integers(0, 5), st.integers(1, 5))
def test_that_a_view_on_other_lines_forgets_those_it_left(
    before: NDArray[np.int64], after: NDArray[np.int64], top: int, moved: int
) -> None:
    seen, was, now = Seen(), slice(top, top + 4), slice(top + moved, top + moved + 4)
    seen.note(before, was, was, 0)
    seen.note(after, now, now, 0)
    shown = after.tolist()
    for line in range(14):
        assert seen.row(line) == (shown[line] if now.start <= line < min(now.stop, 12) else -1)
