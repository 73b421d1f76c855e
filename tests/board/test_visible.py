"""A board read for somebody who may see some parents only: what is not his is not there, in no section, at no time."""

from pathlib import Path

import numpy as np
import pytest

from app.board import BoardReader, VisibleReader, blank
from app.widgets.pad import Pad
from tests.api.made import MadeBoard


def cash(desk: str, book: str, trader: str) -> bool:
    """Whoever sees desk cash."""
    return desk == "cash"


@pytest.fixture
def board(tmp_path: Path) -> MadeBoard:
    """P0 and P2 are of cash, P1 and P3 of swaps."""
    return MadeBoard(tmp_path)


def _ids(reader: BoardReader) -> list[str]:
    return reader.texts(reader.column("parents", "parent_id"))


def test_that_parents_of_others_are_not_there(board: MadeBoard, tmp_path: Path) -> None:
    reader = VisibleReader(tmp_path, cash)
    assert _ids(reader) == ["P0", "P2"]
    assert reader.length("parents") == 2
    with pytest.raises(IndexError):
        reader.rows("parents", np.array([2]))


def test_that_what_belongs_to_others_is_blank_and_what_is_ones_own_has_its_parents_number(
    board: MadeBoard, tmp_path: Path
) -> None:
    reader = VisibleReader(tmp_path, cash)
    reader.changes(0)
    fills = reader.rows("fills")
    assert fills["parent_row"].tolist() == [0, 0, -1, -1, 1, 1, -1, -1]
    assert reader.texts(fills["fill_id"]) == ["F0", "F1", "", "", "F4", "F5", "", ""]
    assert fills["qty"][2] == np.iinfo(np.int64).min
    assert reader.column("fills", "parent_row").tolist() == fills["parent_row"].tolist()
    assert reader.column("children", "parent_row", slice(1, 3)).tolist() == [-1, 1]


def test_that_the_market_is_everybodys(board: MadeBoard, tmp_path: Path) -> None:
    reader = VisibleReader(tmp_path, cash)
    assert reader.texts(reader.column("instruments", "instrument")) == ["TECH"]


def test_that_changes_tell_ones_own_numbers_alone(board: MadeBoard, tmp_path: Path) -> None:
    reader = VisibleReader(tmp_path, cash)
    since, *_ = reader.changes(0)
    for row in (1, 2, 3):
        board.parent(row, filled_qty=77)
    board.beat()
    since, changed, missed = reader.changes(since)
    assert not missed
    assert changed["parents"].tolist() == [1]
    assert reader.rows("parents")["filled_qty"].tolist() == [20, 77]


def test_that_an_order_that_comes_to_ones_desk_comes_with_its_fills(board: MadeBoard, tmp_path: Path) -> None:
    reader = VisibleReader(tmp_path, cash)
    since, *_ = reader.changes(0)
    board.parent(1, desk="cash")
    board.beat()
    since, changed, _ = reader.changes(since)
    assert changed["parents"].tolist() == [2]
    assert changed["fills"].tolist() == [2, 3]
    assert _ids(reader) == ["P0", "P2", "P1"]
    assert reader.rows("fills")["parent_row"].tolist()[:4] == [0, 0, 2, 2]


def test_that_an_order_that_leaves_ones_desk_is_gone_from_the_same_moment(board: MadeBoard, tmp_path: Path) -> None:
    reader = VisibleReader(tmp_path, cash)
    since, *_ = reader.changes(0)
    board.parent(0, desk="swaps")
    board.beat()
    _, changed, _ = reader.changes(since)
    assert changed["parents"].tolist() == [0]
    assert _ids(reader) == ["", "P2"]
    assert reader.rows("fills")["parent_row"].tolist()[:2] == [-1, -1]


def test_that_a_new_engine_is_read_from_the_beginning(board: MadeBoard, tmp_path: Path) -> None:
    reader = VisibleReader(tmp_path, cash)
    since, *_ = reader.changes(0)
    board.close()
    again = MadeBoard(tmp_path, 1)
    assert reader.changes(since)[2]
    assert _ids(reader) == ["P0"]
    again.close()


def test_that_who_sees_everything_reads_what_every_reader_reads(board: MadeBoard, tmp_path: Path) -> None:
    plain, everyone = BoardReader(tmp_path), VisibleReader(tmp_path, lambda desk, book, trader: True)
    assert everyone.changes(0)[1].keys() == plain.changes(0)[1].keys()
    for section in ("parents", "fills", "children", "instruments"):
        assert everyone.rows(section).tobytes() == plain.rows(section).tobytes()
    nobody = VisibleReader(tmp_path, lambda desk, book, trader: False)
    assert nobody.length("parents") == nobody.length("reactions") == 0
    assert not nobody.rows("fills")["fill_id"].any()


def test_that_a_desk_shows_its_users_rows_alone(board: MadeBoard, tmp_path: Path) -> None:
    pad = Pad(tmp_path, lambda folder: VisibleReader(folder, cash))
    pad.pull(0)
    assert [pad.text(int(number)) for number in pad.parents["parent_id"]] == ["P0", "P2"]
    assert (pad.find("P2"), pad.find("P1")) == (1, -1)
    assert pad.rows_of("fills", 1)["parent_row"].tolist() == [1, 1]
    board.parent(3, desk="cash")
    board.beat()
    pad.pull(1)
    assert pad.find("P3") == 2
    assert len(pad.rows_of("fills", 2)) == 2


def test_that_what_is_over_all_orders_is_nobodys_who_does_not_see_them_all(board: MadeBoard, tmp_path: Path) -> None:
    rows = blank("attribution", 3)
    board.writer.put("attribution", np.arange(3), rows)
    board.beat()
    reader = VisibleReader(tmp_path, cash)
    assert reader.length("attribution") == 0
    assert len(reader.rows("attribution")) == len(reader.column("attribution", "e_value")) == 0
    assert "attribution" not in reader.changes(0)[1]
    assert len(BoardReader(tmp_path).rows("attribution")) == 3
