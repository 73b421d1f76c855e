"""A run's way into an archive: rows counted one behind the other, figures behind them; a name for what was read."""

import shutil
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.events import MARKET, Block, OrderRow, Rows, no_market
from app.feeds.archive.delivery import Delivery
from app.session.archiving import RunArchive, name_of, options_of
from app.session.request import ReplayRequest
from app.settings import load_settings

SIZES = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 9)), max_size=12)


class Writer:
    """An archive's writer that keeps what it is given."""

    def __init__(self) -> None:
        self.given: list[Delivery] = []
        self.said: list[Any] = []

    def put(self, delivery: Delivery) -> None:
        self.given.append(delivery)
        self.said.append("put")

    def flush(self) -> None:
        self.said.append("flush")

    def results(self, name: str, tables: object, end_ns: int) -> None:
        self.said.append((name, tables, end_ns))


def blocks_of(sizes: list[tuple[int, int]]) -> list[Block]:
    """Blocks of so many market and own rows, numbered through."""
    found: list[Block] = []
    at = own = 0
    for market, orders in sizes:
        rows: Rows = np.zeros(market, MARKET)
        rows["rec"] = np.arange(at, at + market)
        facts = tuple(OrderRow(ts_event=1, kind="fill", source="S", seq=n) for n in range(own, own + orders))
        found.append(Block(at, rows, facts))
        at, own = at + market, own + orders
    return found


@given(sizes=SIZES)
def test_that_every_row_is_delivered_once_under_its_number(sizes: list[tuple[int, int]]) -> None:
    writer: Any = Writer()
    archive = RunArchive(writer, "run")
    for block in blocks_of(sizes):
        archive.block(block)
    market = [one for one in writer.given if one.lane == "run market"]
    orders = [one for one in writer.given if one.lane == "run orders"]
    assert len(market) + len(orders) == len(writer.given)
    assert [n for one in market for n in one.market["rec"].tolist()] == list(range(sum(size for size, _ in sizes)))
    assert [row.seq for one in orders for row in one.orders] == list(range(sum(size for _, size in sizes)))
    for lane in (market, orders):
        assert all(one.end - one.start == len(one.market) + len(one.orders) > 0 for one in lane)
        assert all(one.end == two.start for one, two in pairwise(lane))
        assert all(one.start == 0 for one in lane[:1])


def test_that_figures_follow_when_all_rows_are_there_under_the_name_of_run_and_outcome() -> None:
    writer: Any = Writer()
    archive = RunArchive(writer, "run")
    archive.block(Block(1, no_market(), ()))
    assert writer.said == [], "a block of nothing"
    (block,) = blocks_of([(3, 1)])
    archive.block(block)
    tables: dict[str, Any] = {"parents": {}}
    archive.finish("hash", tables, 99)
    assert writer.said == ["put", "put", "flush", ("run hash", tables, 99)]


def test_that_an_archive_is_written_as_the_settings_say(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text("[archive]\nchunk_rows = 70000\nlevel = 5\npatience_s = 0\ngroup = 'two'\n")
    told = options_of(load_settings(tmp_path / "mine.toml"))
    assert (told.chunk_rows, told.level, told.group) == (70_000, 5, "two")
    assert told.patience_s is None, "no limit: it waits for ever"


# -- the name of what is read ------------------------------------------------------------------------------------------


@pytest.fixture
def day(tmp_path: Path) -> Path:
    """A folder with two files, one of them longer than what is looked at of its ends."""
    folder = tmp_path / "here" / "day"
    (folder / "more").mkdir(parents=True)
    (folder / "market.parquet").write_bytes(bytes(range(256)) * 1_024)
    (folder / "more" / "orders.fix").write_bytes(b"8=FIX")
    return folder


def named(path: Path, **more: str) -> str:
    return name_of(ReplayRequest(path=str(path), **more))  # type: ignore[arg-type]


def test_that_equal_recordings_have_one_name_wherever_they_lie_and_however_they_are_run(
    day: Path, tmp_path: Path
) -> None:
    shutil.copytree(day, tmp_path / "there" / "day")
    name = named(day)
    assert name.startswith("day ")
    assert named(tmp_path / "there" / "day") == name
    assert named(day, out="x", settings="mine.toml", board="b") == name, "how it is run says nothing of its rows"


def longer(folder: Path) -> None:
    with (folder / "more" / "orders.fix").open("ab") as file:
        file.write(b"x")


def other_end(folder: Path) -> None:
    data = (folder / "market.parquet").read_bytes()
    (folder / "market.parquet").write_bytes(data[:-1] + b"\x00")


def other_begin(folder: Path) -> None:
    data = (folder / "market.parquet").read_bytes()
    (folder / "market.parquet").write_bytes(b"\xff" + data[1:])


def another_file(folder: Path) -> None:
    (folder / "reference.parquet").write_bytes(b"")


def renamed(folder: Path) -> None:
    (folder / "more" / "orders.fix").rename(folder / "more" / "other.fix")


@pytest.mark.parametrize("change", [longer, other_end, other_begin, another_file, renamed])
def test_that_a_change_of_its_files_is_another_name(change: Callable[[Path], None], day: Path) -> None:
    before = named(day)
    change(day)
    assert named(day) != before


def test_that_day_and_own_rows_beside_are_part_of_the_name(day: Path, tmp_path: Path) -> None:
    (tmp_path / "own.fix").write_bytes(b"8=FIX")
    (tmp_path / "two.fix").write_bytes(b"8=FIX.")
    names = {
        named(day), named(day, date="2025-03-14"), named(day, date="2025-03-15"),
        named(day, orders=str(tmp_path / "own.fix")), named(day, orders=str(tmp_path / "two.fix")),
    }  # fmt: skip
    assert len(names) == 5


def test_that_an_archive_is_named_by_its_address_and_day() -> None:
    names = {
        name_of(ReplayRequest(path=path, date=date))
        for path in ("s3://firm/a", "s3://firm/b") for date in (None, "2025-03-14")
    }  # fmt: skip
    assert len(names) == 4
