"""What a cell says: a dash where undefined, units of the instrument, one shape and tone a light."""

import math
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.layout import CHILD_ROW, FILL_ROW, PARENT_ROW
from app.engine.units import HORIZON_NAMES, NULL
from app.widgets import columns, drill_columns
from app.widgets import format as text
from app.widgets.blotter_columns import BLOTTER
from app.widgets.columns import (
    NO_ARRIVAL,
    NO_HORIZON,
    SEVERITY,
    Column,
    Look,
    event_class,
    look_of,
    mark,
    markout,
    money,
    side_tone,
)
from app.widgets.evidence_words import NOT_MEASURED
from tests.widgets.arena import Arena

EVERY = (*BLOTTER, *columns.FILLS, *columns.CHILDREN, *drill_columns.FILLS, *drill_columns.CHILDREN)
TABLES = {
    "fills": (columns.FILLS, FILL_ROW),
    "children": (columns.CHILDREN, CHILD_ROW),
    "drilled fills": (drill_columns.FILLS, FILL_ROW),
    "drilled children": (drill_columns.CHILDREN, CHILD_ROW),
    "algos": (drill_columns.ALGOS, drill_columns.ALGO),
}
LEVELS = ("N/A", "QUIET", "GREEN", "AMBER", "RED")
EVIDENCE = ("GREY", "CLEAR", "LEAN", "AMBER", "RED")
FIGURES: tuple[Look, ...] = ("figure", "quantity", "time")


def column(look: Look) -> Column:
    return Column("name", "Title", 8, look)


# -- what an undefined cell reads ------------------------------------------------------------------------------------


@pytest.mark.parametrize("look", FIGURES)
@pytest.mark.parametrize("value", [math.nan, NULL])
def test_that_an_undefined_figure_is_a_dash_and_never_a_zero(look: Look, value: float) -> None:
    assert column(look).say(value, Arena()) == text.DASH


@pytest.mark.parametrize(("look", "said"), [("text", text.DASH), ("level", "N/A"), ("evidence", NOT_MEASURED)])
def test_that_an_absent_text_says_what_its_absence_means(look: Look, said: str) -> None:
    assert column(look).say(0, Arena()) == said


def test_that_an_order_without_an_alert_has_an_empty_cell_and_no_dash() -> None:
    assert column("alert").say(math.nan, Arena()) == ""


@pytest.mark.parametrize("value", [0.0, math.nan, 3.0])
def test_that_a_line_of_samples_is_drawn_and_says_nothing(value: float) -> None:
    assert column("spark").say(value, Arena()) == ""


def test_that_zero_is_said_as_a_figure() -> None:
    said = [Column("name", "Title", 8, look, show=text.number).say(0, Arena()) for look in ("figure", "quantity")]
    assert said == ["0", "0"]


# -- what a defined one reads ----------------------------------------------------------------------------------------


@given(st.integers(-(10**12), 10**12), st.integers(0, 8))
def test_that_a_quantity_reads_back_exactly_in_the_instruments_own_units(size: int, decimals: int) -> None:
    said = column("quantity").say(size, Arena(), exponent=-decimals)
    whole, _, rest = said.removeprefix(text.MINUS).replace(",", "").partition(".")
    assert len(rest) == decimals
    assert int(whole + rest) == abs(size)
    assert said.startswith(text.MINUS) is (size < 0)


@given(st.integers(0, 4 * 10**18), st.integers(0, 9))
def test_that_a_time_is_cut_to_the_digits_of_its_column(ts: int, digits: int) -> None:
    said = Column("ts", "Time", 12, "time", digits=digits).say(ts, Arena(), UTC)
    seconds, _, rest = said.partition(".")
    assert seconds == datetime.fromtimestamp(ts // 10**9, UTC).strftime("%H:%M:%S")
    assert rest == f"{ts % 10**9:09d}"[:digits]


@given(st.text(min_size=1, max_size=30))
def test_that_a_text_is_said_as_it_stands(words: str) -> None:
    arena = Arena()
    assert column("text").say(arena.intern(words), arena) == words


@pytest.mark.parametrize("look", ["text", "side", "level", "evidence", "spark", "figure", "quantity", "time", "alert"])
def test_that_what_is_aligned_right_is_never_searched_for_words(look: Look) -> None:
    made = column(look)
    assert not (made.right and made.searched)
    assert made.searched is (look in {"text", "side", "level", "evidence"})


# -- lights ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("look", "words"), [("level", LEVELS), ("evidence", EVIDENCE)])
def test_that_lights_are_told_apart_by_shape_alone(look: str, words: tuple[str, ...]) -> None:
    shapes = [mark(look, word)[0] for word in words]
    assert len(set(shapes)) == len(words)
    assert "none" not in shapes


@pytest.mark.parametrize(("look", "words"), [("level", LEVELS), ("evidence", EVIDENCE)])
def test_that_the_case_of_a_word_does_not_change_its_light(look: str, words: tuple[str, ...]) -> None:
    assert [mark(look, word.lower()) for word in words] == [mark(look, word) for word in words]


@pytest.mark.parametrize(("look", "word"), [("level", "LEAK"), ("evidence", "QUIET"), ("level", ""), ("evidence", "?")])
def test_that_a_word_that_is_no_light_of_its_kind_has_no_shape(look: str, word: str) -> None:
    assert mark(look, word) == ("none", "faint")


@pytest.mark.parametrize("words", [LEVELS, EVIDENCE])
def test_that_gravity_grows_from_the_calmest_light_to_the_gravest(words: tuple[str, ...]) -> None:
    ranks = [SEVERITY[word] for word in words]
    assert ranks == sorted(set(ranks))


def test_that_a_side_has_a_colour_that_no_light_has() -> None:
    sides = {side_tone(word) for word in ("BUY", "SELL", "SHORT", "sell")}
    lights = {mark(look, word)[1] for look, words in (("level", LEVELS), ("evidence", EVIDENCE)) for word in words}
    assert sides.isdisjoint(lights)
    assert side_tone("SHORT") == side_tone("SELL") != side_tone("BUY")
    assert side_tone("CROSS") == "ink"


@pytest.mark.parametrize("look", ["text", "figure", "quantity", "time"])
def test_that_an_undefined_cell_is_faint_and_a_defined_one_is_not(look: Look) -> None:
    made = column(look)
    assert look_of(made, made.empty) == ("none", "faint")
    assert look_of(made, "12") == ("none", "ink")


@pytest.mark.parametrize(("look", "said"), [("level", "RED"), ("evidence", "LEAK")])
def test_that_a_light_cell_looks_as_its_word(look: Look, said: str) -> None:
    assert look_of(column(look), said) == mark(look, said)
    assert look_of(column("side"), "BUY") == ("none", side_tone("BUY"))


# -- the columns there are -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(TABLES))
def test_that_every_column_of_a_table_is_a_field_of_its_row(name: str) -> None:
    shown, layout = TABLES[name]
    assert {made.name for made in shown} <= set(layout.names or ())
    assert len({made.name for made in shown}) == len({made.title for made in shown}) == len(shown)


@pytest.mark.parametrize("name", sorted(TABLES))
def test_that_texts_are_indices_and_figures_are_not(name: str) -> None:
    shown, layout = TABLES[name]
    for made in shown:
        assert (layout[made.name].str[1:] == "u4") is (made.look == "text"), made.name


def test_that_what_a_column_refers_to_is_on_the_row_of_the_order() -> None:
    fields = set(PARENT_ROW.names or ())
    for made in BLOTTER:
        assert {made.reason, made.second} - {""} <= fields, made.name
        assert made.name in fields or made.derive is not None or made.look in {"spark", "alert"}, made.name


@pytest.mark.parametrize("made", EVERY, ids=lambda made: f"{made.name}-{made.title}")
def test_that_no_column_is_without_room_title_or_a_reason_for_its_dash(made: Column) -> None:
    assert made.chars > 0
    assert made.title.strip()
    assert made.why.strip()
    assert 0 <= made.digits <= 9


@pytest.mark.parametrize("horizon", HORIZON_NAMES)
def test_that_a_markout_column_names_its_field_its_horizon_and_why_it_may_be_open(horizon: str) -> None:
    made = markout(horizon, default=False)
    assert made.name in (FILL_ROW.names or ())
    assert made.title.endswith(f" {horizon}")
    assert horizon in made.about
    assert made.why == NO_HORIZON
    assert not made.default


@pytest.mark.parametrize("value", [-12345.6, 0.2, 98765.4])
def test_that_money_is_whole_signed_and_says_that_a_cost_is_positive(value: float) -> None:
    made = money("fees_ccy", "Fees", 8, "fees of live fills")
    assert made.say(value, Arena()) == text.whole(value)
    assert made.about.endswith("+ costs")
    assert (made.why, made.default) == (NO_ARRIVAL, False)


@pytest.mark.parametrize("liquidity", ["A", "R", "X", "D", ""])
def test_that_a_correction_is_of_the_class_of_its_fill(liquidity: str) -> None:
    assert event_class("correct", liquidity) == event_class("fill", liquidity) != ""


@pytest.mark.parametrize("kind", ["child_new", "child_replaced", "child_cancelled", "algo_new", "", "bust"])
def test_that_the_liquidity_of_what_is_no_fill_does_not_matter(kind: str) -> None:
    assert len({event_class(kind, liquidity) for liquidity in ("A", "R", "")}) == 1


@pytest.mark.parametrize(("code", "word"), [("2", "filled"), ("4", "cxl"), ("6", "cxl?"), ("", ""), ("Z", "Z")])
def test_that_a_status_is_a_word_and_an_unknown_code_stays(code: str, word: str) -> None:
    class Code:
        def text(self, index: int) -> str:
            return code

    column = next(column for column in columns.CHILDREN if column.name == "last_status")
    assert column.say(1, Code()) == (word or column.empty)
