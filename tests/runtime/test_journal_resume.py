"""A tape that was interrupted is gone on with behind its last whole record; one that is written can be followed."""

from pathlib import Path

import pytest

from app.engine.errors import DecodeError, FeedError
from app.engine.events import Block
from app.engine.universe import Universe
from app.runtime.journal import FILE, JournalWriter, WrittenTape
from app.runtime.tape import JournalReader
from tests.runtime.made import market, universe


def blocks(count: int) -> list[Block]:
    rows = market(10 * count)
    return [Block(int(rows["ts_event"][10 * n + 9]), rows[10 * n : 10 * n + 10]) for n in range(count)]


def read(path: Path) -> tuple[list[Block], JournalReader, Universe]:
    known = Universe()
    reader = JournalReader(path, known)
    return list(reader.blocks()), reader, known


@pytest.mark.parametrize("cut", [1, 40, 300])
def test_that_what_is_torn_is_cut_and_the_rest_goes_on(tmp_path: Path, cut: int) -> None:
    path, made, names = tmp_path / "day.tape", blocks(6), universe()
    with JournalWriter(path, names) as writer:
        for block in made[:4]:
            writer.write(block)
    whole = path.read_bytes()
    path.write_bytes(whole[:-cut])
    found, reader, known = read(path)
    assert len(found) == 3
    assert reader.torn is not None
    assert reader.number == 3
    names.venues.index("V9")  # a name that came up later is told once
    with JournalWriter(path, names, WrittenTape(reader.whole, reader.number, known)) as writer:
        assert writer.number == 3
        for block in made[3:]:
            writer.write(block)
        writer.finish(made[-1].watermark)
    again, reader, known = read(path)
    assert [block.market.tobytes() for block in again] == [block.market.tobytes() for block in made]
    assert (reader.torn, reader.end_ns) == (None, made[-1].watermark)
    assert known.venues.names == ["V0", "V1", "V9"]


def test_that_a_tape_can_be_followed_and_any_record_read_again(tmp_path: Path) -> None:
    path, made = tmp_path / "day.tape", blocks(5)
    with JournalWriter(path, universe()) as writer:
        writer.write(made[0])
        writer.flush()
        known = Universe()
        reader = JournalReader(path, known)
        assert len(list(reader.blocks())) == 1
        places = [FILE.itemsize]
        for block in made[1:]:
            places.append(reader.whole)
            writer.write(block)
            writer.flush()
            reader.grow()
            assert [found.watermark for found in reader.blocks()] == [block.watermark]
        for number in (3, 0, 4):
            assert reader.block_at(places[number], number).market.tobytes() == made[number].market.tobytes()
        with pytest.raises(DecodeError, match="block 2 was expected"):
            reader.block_at(places[3], 2)


def test_that_a_tape_that_is_gone_cannot_be_gone_on_with(tmp_path: Path) -> None:
    with pytest.raises(FeedError, match="cannot be written"):
        JournalWriter(tmp_path / "none.tape", universe(), WrittenTape(32, 0, Universe()))
