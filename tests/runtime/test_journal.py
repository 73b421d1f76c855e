"""The journal: what was applied, in order, and nothing else."""

from pathlib import Path

import pytest

from app.engine.errors import FeedError
from app.engine.events import MARKET, Block, Control, Instrument
from app.engine.universe import Universe
from app.runtime.journal import FILE, MARK, RECORD, JournalWriter, rows_hash
from app.runtime.route import Route
from app.runtime.tape import JournalReader
from tests.runtime.made import market, orders, pieces, universe


def written(path: Path, names: Universe, blocks: list[Block], end_ns: int | None = 99) -> Path:
    with JournalWriter(path, names) as journal:
        for block in blocks:
            journal.write(block)
        if end_ns is not None:
            journal.finish(end_ns)
    return path


def some_blocks(count: int = 300, size: int = 64) -> list[Block]:
    rows = market(count)
    route = Route(pieces(rows), orders(rows), size)
    return list(iter(route.take, None))


def same(ours: Block, theirs: Block) -> bool:
    return (ours.watermark, ours.market.tobytes(), ours.orders, ours.controls) == (
        theirs.watermark,
        theirs.market.tobytes(),
        theirs.orders,
        theirs.controls,
    )


def test_that_a_tape_gives_back_the_very_blocks_and_names(tmp_path: Path) -> None:
    names = universe()
    names.describe(Instrument(instrument="I1", currency="USD", adv=1e6))
    names.fx["EURUSD"] = [(1, 1.25), (2, 1.5)]
    blocks = [*some_blocks(), Block(7, controls=(Control(ts_event=7, kind="down", source="S1"),))]
    reader = JournalReader(written(tmp_path / "day.tape", names, blocks), back := Universe())
    again = list(reader.blocks())
    assert len(again) == len(blocks)
    assert all(same(ours, theirs) for ours, theirs in zip(blocks, again, strict=True))
    assert back.instruments.names == names.instruments.names
    assert back.venues.names == names.venues.names
    assert back.sources.names == names.sources.names
    assert back.reference == names.reference
    assert back.fx == names.fx
    assert (reader.torn, reader.end_ns) == (None, 99)


def test_that_names_learnt_on_the_way_stand_before_the_block_that_needs_them(tmp_path: Path) -> None:
    names = universe(instruments=1)
    first, second = some_blocks(100, 50)
    first.market["instrument"] = 0
    second.market["instrument"] = 1
    with JournalWriter(tmp_path / "day.tape", names) as journal:
        journal.write(first)
        names.instruments.index("LATE")
        names.describe(Instrument(instrument="I0", lot=5))
        journal.write(second)
    reader = JournalReader(tmp_path / "day.tape", back := Universe())
    blocks = reader.blocks()
    next(blocks)
    assert back.instruments.names == ["I0"]
    assert back.reference == {}
    next(blocks)
    assert back.instruments.names == ["I0", "LATE"]
    assert back.of("I0").lot == 5


def test_that_names_the_engine_gave_in_the_meantime_keep_their_numbers(tmp_path: Path) -> None:
    names = universe()
    blocks = some_blocks(20, 10)
    with JournalWriter(tmp_path / "day.tape", names) as journal:
        journal.write(blocks[0])
        names.instruments.index("FROM A FILL")
        journal.write(blocks[1])
    reader = JournalReader(tmp_path / "day.tape", back := Universe())
    again = reader.blocks()
    next(again)
    back.instruments.index("FROM A FILL")
    assert same(next(again), blocks[1])


def test_that_market_rows_read_back_may_be_written_to(tmp_path: Path) -> None:
    block = next(JournalReader(written(tmp_path / "t", universe(), some_blocks()), Universe()).blocks())
    assert block.market.flags.writeable
    assert block.market.dtype == MARKET


def test_that_a_journal_never_overwrites_another_file(tmp_path: Path) -> None:
    (tmp_path / "day.tape").write_bytes(b"precious")
    with pytest.raises(FeedError, match=r"day\.tape.*name a new file"):
        JournalWriter(tmp_path / "day.tape", universe())
    assert (tmp_path / "day.tape").read_bytes() == b"precious"


def test_that_a_journal_that_cannot_be_written_names_its_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FeedError, match=r"file/day\.tape"):
        JournalWriter(tmp_path / "file" / "day.tape", universe())


def test_that_headers_have_fixed_sizes_and_each_block_is_marked(tmp_path: Path) -> None:
    raw = written(tmp_path / "day.tape", universe(), some_blocks()).read_bytes()
    assert (FILE.itemsize, RECORD.itemsize) == (32, 64)
    assert raw[FILE.itemsize : FILE.itemsize + 4] == MARK
    assert rows_hash() < 2**64
