"""The quick filter against a plain reading of every row, word by word."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.board import blank
from app.engine.events import Rows
from app.widgets.blotter_columns import BLOTTER
from app.widgets.evidence_words import NOT_MEASURED
from app.widgets.filter import SHORT, exactly, matches
from tests.widgets.arena import Arena

FIELDS = ("parent_id", "instrument", "side", "algo", "broker", "trader", "level", "status", "currency")
WORDS = ("", "TECH", "tech", "VWAP", "Straße", "BUY", "SELL", "RED", "ann", "Anna", "B2", "LEAK")
CELLS = st.lists(st.tuples(*[st.sampled_from(WORDS)] * len(FIELDS)), max_size=8)
ASKED = st.lists(
    st.one_of(
        st.sampled_from(["tech", "ANN", "b", "strasse", "red", "nobody", "e"]),
        st.builds(
            "{}:{}".format,
            st.sampled_from([*SHORT, *FIELDS, "nothing", "spark", "order_qty", ""]),
            st.sampled_from(["tech", "BUY", "", "measured", "leak", "a"]),
        ),
    ),
    max_size=3,
)


def made(cells: list[tuple[str, ...]]) -> tuple[Rows, Arena]:
    arena, rows = Arena(), blank("parents", len(cells))
    for row, texts in zip(rows, cells, strict=True):
        for field, words in zip(FIELDS, texts, strict=True):
            row[field] = arena.intern(words)
    return rows, arena


def found(words: str, cells: list[tuple[str, ...]]) -> list[int]:
    rows, arena = made(cells)
    return np.flatnonzero(matches(words, rows, BLOTTER, arena)).tolist()


def row_of(**texts: str) -> tuple[str, ...]:
    return tuple(texts.get(field, "") for field in FIELDS)


def plainly(words: str, cells: list[tuple[str, ...]]) -> list[int]:
    """Row by row, word by word, as the box explains itself."""
    searched = {column.name: column for column in BLOTTER if column.searched}

    def holds(word: str, row: tuple[str, ...]) -> bool:
        cell = dict.fromkeys(searched, "") | dict(zip(FIELDS, row, strict=True))
        cell["status"] = {"RED": "RED LEAK"}.get(cell["status"], cell["status"])  # as it reads on the screen, too
        if ":" not in word:
            return any(word in said.casefold() for said in cell.values())
        name, wanted = word.split(":", 1)
        name = SHORT.get(name, name)
        return name in searched and wanted in (cell[name] or searched[name].empty).casefold()

    return [at for at, row in enumerate(cells) if all(holds(word, row) for word in words.casefold().split())]


@given(CELLS, ASKED)
def test_that_the_filter_finds_what_a_plain_reading_of_every_row_finds(
    cells: list[tuple[str, ...]], asked: list[str]
) -> None:
    assert found(" ".join(asked), cells) == plainly(" ".join(asked), cells)


@given(CELLS, ASKED, ASKED)
def test_that_more_words_never_find_more_rows(cells: list[tuple[str, ...]], some: list[str], more: list[str]) -> None:
    both = found(" ".join([*some, *more]), cells)
    assert set(both) == set(found(" ".join(some), cells)) & set(found(" ".join(more), cells))


@given(CELLS, ASKED, st.sampled_from([" ", "  ", "\t"]))
def test_that_the_order_of_words_their_case_and_the_room_between_do_not_matter(
    cells: list[tuple[str, ...]], asked: list[str], room: str
) -> None:
    assert found(room.join(reversed(asked)).swapcase() + room, cells) == found(" ".join(asked), cells)


@pytest.mark.parametrize("nothing", ["", " ", "\t\n"])
def test_that_no_word_hides_no_row(nothing: str) -> None:
    assert found(nothing, [row_of(), row_of(parent_id="P1")]) == [0, 1]


@pytest.mark.parametrize(("short", "field"), sorted(SHORT.items()))
def test_that_a_short_name_asks_the_column_it_stands_for(short: str, field: str) -> None:
    cells = [row_of(**{field: "wanted"}), row_of(trader="wanted")]
    assert found(f"{short}:want", cells) == found(f"{field}:want", cells) == [0]


def test_that_a_word_in_another_column_is_not_found_by_name() -> None:
    cells = [row_of(trader="anna"), row_of(broker="anna")]
    assert (found("trader:anna", cells), found("anna", cells)) == ([0], [0, 1])


@pytest.mark.parametrize("name", ["nothing", "order_qty", "slip_arrival_bps", "spark", "alert_age", ""])
def test_that_a_name_that_is_no_searched_column_finds_nothing(name: str) -> None:
    assert found(f"{name}:", [row_of(parent_id="P1")]) == []


def test_that_what_an_empty_cell_reads_is_found_by_its_columns_name_only() -> None:
    cells = [row_of(), row_of(status="LEAK")]
    word = NOT_MEASURED.split()[-1]
    assert (found(word, cells), found(f"evidence:{word}", cells)) == ([], [0])


def test_that_a_colon_inside_the_wanted_text_is_part_of_it() -> None:
    assert found("trader:a:b", [row_of(trader="xa:bx"), row_of(trader="ab")]) == [0]


# -- exactly ---------------------------------------------------------------------------------------------------------


@given(CELLS, st.lists(st.tuples(st.sampled_from(FIELDS), st.sampled_from(WORDS)), max_size=2))
def test_that_exactly_is_the_whole_text_in_its_own_case(
    cells: list[tuple[str, ...]], wanted: list[tuple[str, str]]
) -> None:
    rows, arena = made(cells)
    expected = [all(row[FIELDS.index(field)] == words for field, words in wanted) for row in cells]
    assert exactly(wanted, rows, arena).tolist() == expected
