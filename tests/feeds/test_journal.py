"""The journal as a feed: the same blocks again, or its rows as any recording."""

from pathlib import Path

import numpy as np
import pytest

from app.engine.errors import DecodeError, FeedError
from app.engine.events import Block, Instrument, OrderRow
from app.engine.universe import Universe
from app.feeds.base import Options
from app.feeds.journal import is_journal, open_recording, open_tape
from app.feeds.session import open_recording as open_session
from app.feeds.session import write_session
from app.runtime.journal import JournalWriter
from app.runtime.route import shuffle_sources
from tests.runtime.made import market, orders, universe


@pytest.fixture
def shuffled(tmp_path: Path) -> tuple[Path, list[Block]]:
    """A journal whose own rows came late, and its blocks."""
    rows = market(500)
    names = universe()
    names.describe(Instrument(instrument="I1", currency="USD"))
    blocks = list(shuffle_sources([rows], orders(rows), seed=3))
    with JournalWriter(tmp_path / "day.tape", names) as journal:
        for block in blocks:
            journal.write(block)
        journal.finish(int(rows["ts_event"][-1]))
    return tmp_path / "day.tape", blocks


def test_that_the_tape_brings_names_and_reference_data_before_the_first_block(
    shuffled: tuple[Path, list[Block]],
) -> None:
    names = Universe()
    tape, reader = open_tape(shuffled[0], names)
    assert names.of("I1").currency == "USD"
    again = []
    while (block := tape.take()) is not None:
        again.append(block)
    assert [(b.watermark, b.orders) for b in again] == [(b.watermark, b.orders) for b in shuffled[1]]
    assert reader.notes == []


def test_that_its_recording_has_market_rows_as_applied_and_own_rows_sorted(shuffled: tuple[Path, list[Block]]) -> None:
    path, blocks = shuffled
    with open_recording(path, Universe(), Options()) as recording:
        rows = np.concatenate(list(recording.market))
        assert rows.tobytes() == np.concatenate([block.market for block in blocks]).tobytes()
        times = [row.ts_event for row in recording.orders]
        assert times == sorted(times)
        assert len(times) == 20
        assert recording.rows_total == 500


def test_that_a_journal_can_be_exported_as_a_session(shuffled: tuple[Path, list[Block]], tmp_path: Path) -> None:
    names = Universe()
    with open_recording(shuffled[0], names, Options()) as recording:
        write_session(tmp_path / "day", recording.market, recording.orders, names)
    with open_session(tmp_path / "day", back := Universe(), Options()) as session:
        rows = np.concatenate(list(session.market))
        assert rows["ts_event"].tolist() == market(500)["ts_event"].tolist()
        assert len(session.orders) == 20
    assert back.of("I1").currency == "USD"


def test_that_a_torn_journal_is_used_and_told(shuffled: tuple[Path, list[Block]]) -> None:
    path, blocks = shuffled
    path.write_bytes(path.read_bytes()[:-100])
    with open_recording(path, Universe(), Options()) as recording:
        assert sum(map(len, recording.market)) <= 500
        assert recording.counts["torn"] == 1
        assert "offset" in recording.notes[0]
    tape, reader = open_tape(path, Universe())
    count = 0
    while tape.take() is not None:
        count += 1
    assert count == len(blocks) - 1  # the end mark and a part of the last block are gone
    assert len(reader.notes) == 1


def test_that_an_empty_journal_is_a_recording_without_rows(tmp_path: Path) -> None:
    with JournalWriter(tmp_path / "none.tape", universe()) as journal:
        journal.finish(5)
    tape, reader = open_tape(tmp_path / "none.tape", Universe())
    assert tape.take() is None
    assert (tape.end_ns, reader.notes) == (5, [])
    with open_recording(tmp_path / "none.tape", Universe(), Options()) as recording:
        assert list(recording.market) == []


def test_that_own_rows_alone_are_kept(tmp_path: Path) -> None:
    row = OrderRow(ts_event=5, kind="fill", source="OMS", qty=1, price=2, raw=b"8=FIX\x01")
    with JournalWriter(tmp_path / "own.tape", universe()) as journal:
        journal.write(Block(5, orders=(row,)))
    with open_recording(tmp_path / "own.tape", Universe(), Options()) as recording:
        assert recording.orders == [row]


def test_that_a_journal_is_known_by_its_first_bytes(shuffled: tuple[Path, list[Block]], tmp_path: Path) -> None:
    assert is_journal(shuffled[0])
    (tmp_path / "other").write_bytes(b"PAR1")
    assert not is_journal(tmp_path / "other")
    assert not is_journal(tmp_path)
    assert not is_journal(tmp_path / "absent")


def test_that_a_file_that_is_no_journal_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.tape").write_bytes(b"PAR1" * 20)
    with pytest.raises(DecodeError, match="magic"):
        open_recording(tmp_path / "x.tape", Universe(), Options())
    with pytest.raises(FeedError, match="cannot be read"):
        open_tape(tmp_path / "y.tape", Universe())
