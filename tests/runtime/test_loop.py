"""The loop: every block to journal, engine, files and board; what a run reports."""

import json
from pathlib import Path

import msgspec
import numpy as np
import pyarrow.parquet as pq
import pytest

from app.board import BoardReader, BoardWriter
from app.engine.effects import Effects
from app.engine.events import Block, Quarantined
from app.engine.layout import Sink
from app.engine.units import SECOND
from app.engine.universe import Universe
from app.runtime.inbox import applied_times
from app.runtime.journal import JournalWriter
from app.runtime.loop import RunOptions, Stream, Taps, run
from app.runtime.outputs import Outputs
from app.runtime.pace import Pace
from app.runtime.route import Route
from app.runtime.tape import JournalReader, Tape
from tests.runtime.made import Scribe, market, orders, pieces, universe
from tests.runtime.test_pace import Wall


def options(wall: Wall | None = None) -> RunOptions:
    clock = wall or Wall()
    return RunOptions(version="9.9", settings_hash="s", clock=clock, started_s=90.0, first_byte_s=98.0)


def stream(names: Universe, count: int = 1000, block: int = 64) -> Stream:
    rows = market(count)
    return Stream("made", names, Route(pieces(rows), orders(rows), block))


def test_that_a_run_reports_what_went_in_and_came_out(tmp_path: Path) -> None:
    names, engine = universe(), Scribe()
    source = stream(names)
    source.quarantine.append(Quarantined(source="S0", where="line 3", reason="torn"))
    source.counts["quarantined"] = 5  # the list may be abridged, the count is not
    source.notes.append("something irregular")
    with Outputs(tmp_path / "out", names, book=False) as outputs:
        result = run(source, engine, options(), Taps(outputs=outputs))
    assert result is not None
    report = result.report
    assert (report.rows_in, report.rows_late, report.rows_quarantined) == (1020, 0, 6)  # 5 and one by the engine
    assert report.undefined == {"past_end": 3}
    assert (report.run_hash, report.output_hash) == (engine.run_hash(), engine.output_hash())
    assert (report.wall_s, report.events_per_s) == (10.0, 510.0)
    assert report.notes == ["something irregular"]
    assert engine.end_ns == result.end_ns == int(market(1000)["ts_event"][-1])
    assert json.loads((tmp_path / "out" / "run.json").read_text())["input_hash"] == report.input_hash
    assert pq.read_table(tmp_path / "out" / "fills.parquet").num_rows == 20
    aside = pq.read_table(tmp_path / "out" / "quarantine.parquet").to_pydict()
    assert aside["reason"] == ["torn", "an unlucky number"]


@pytest.mark.parametrize("block", [1, 7, 64, 4096])
def test_that_input_and_output_hash_do_not_depend_on_the_block(block: int) -> None:
    reference = run(stream(universe()), Scribe(), options(), Taps())
    again = run(stream(universe(), block=block), Scribe(), options(), Taps())
    assert reference is not None
    assert again is not None
    assert again.report.input_hash == reference.report.input_hash
    assert again.report.output_hash == reference.report.output_hash
    assert (again.report.run_hash == reference.report.run_hash) == (block == 64)


def test_that_the_journal_replays_to_the_same_hashes(tmp_path: Path) -> None:
    names = universe()
    with JournalWriter(tmp_path / "day.tape", names) as journal:
        first = run(stream(names), Scribe(), options(), Taps(journal=journal))
    again = Universe()
    reader = JournalReader(tmp_path / "day.tape", again)
    second = run(Stream("tape", again, Tape(reader)), Scribe(), options(), Taps())
    assert first is not None
    assert second is not None
    assert second.report == msgspec.structs.replace(first.report, session="tape")
    assert second.end_ns == first.end_ns
    assert reader.torn is None


def test_that_a_block_that_breaks_the_engine_is_on_the_tape(tmp_path: Path) -> None:
    names = universe()
    with pytest.raises(ZeroDivisionError), JournalWriter(tmp_path / "day.tape", names) as journal:
        run(stream(names), Scribe(breaks_at=3), options(), Taps(journal=journal))
    reader = JournalReader(tmp_path / "day.tape", Universe())
    assert len(list(reader.blocks())) == 4
    assert reader.torn is not None


def test_that_an_interruption_leaves_no_files_and_a_readable_tape(tmp_path: Path) -> None:
    names = universe()
    with (
        pytest.raises(KeyboardInterrupt),
        JournalWriter(tmp_path / "day.tape", names) as journal,
        Outputs(tmp_path / "out", names, book=True) as outputs,
    ):
        run(stream(names), Scribe(interrupts_at=5), options(), Taps(journal=journal, outputs=outputs))
    assert {entry.name for entry in tmp_path.iterdir()} == {"day.tape"}
    assert len(list(JournalReader(tmp_path / "day.tape", Universe()).blocks())) == 6


def test_that_the_book_of_every_block_is_written(tmp_path: Path) -> None:
    names = universe()
    with Outputs(tmp_path / "out", names, book=True) as outputs:
        run(stream(names), Scribe(), options(), Taps(outputs=outputs))
    assert pq.read_table(tmp_path / "out" / "book.parquet")["row"].to_pylist() == list(range(1000))


def test_that_the_board_is_published_at_frame_rate_and_once_more_at_the_end(tmp_path: Path) -> None:
    class Ticking(Wall):
        def __call__(self) -> float:
            self.now += 0.01
            return self.now

    engine = Scribe()
    with BoardWriter(tmp_path / "board") as board:
        run(stream(universe()), engine, options(Ticking()), Taps(board=board, frame_s=0.05))
        reader = BoardReader(tmp_path / "board")
        assert reader.rows("parents")["order_qty"].tolist() == [len(engine.blocks)]
        assert reader.watermark == int(market(1000)["ts_event"][-1])
    assert engine.published[-1] == len(engine.blocks)
    assert 2 <= len(engine.published) < len(engine.blocks)


def test_that_a_board_whose_publications_take_long_hears_in_between_that_its_writer_lives(tmp_path: Path) -> None:
    """A publication rests four times as long as it took: on a busy machine longer than a desk believes in silence."""
    wall, signs = Wall(), list[float]()

    class Slow(Scribe):
        def apply(self, block: Block) -> Effects:
            wall.now += 0.05
            return super().apply(block)

        def publish(self, sink: Sink) -> None:
            super().publish(sink)
            wall.now += 0.4

    class Heard(BoardWriter):
        def heartbeat(self) -> None:
            super().heartbeat()
            signs.append(wall.now)

    engine = Slow()
    with Heard(tmp_path / "board") as board:
        run(stream(universe(), block=10), engine, options(wall), Taps(board=board, frame_s=0.05))
    assert 2 <= len(engine.published) < 10
    assert max(np.diff(signs)) < 0.7, "0.2 s, a block, a publication"
    assert len(signs) < wall.now / 0.2 + 2, "and no more often"


def test_that_a_path_is_written_before_the_engine_forgets_it_however_seldom_the_board_is_published(
    tmp_path: Path,
) -> None:
    names, engine = universe(), Scribe()
    rows = market(1000)
    rows["ts_event"] = rows["ts_event"][0] + np.arange(1000) * SECOND
    spread = Stream("made", names, Route(pieces(rows), [], 7))
    with BoardWriter(tmp_path / "board") as board:
        run(spread, engine, options(), Taps(board=board, frame_s=1e9))
    gaps = np.diff([int(rows["ts_event"][0]), *engine.paths, int(rows["ts_event"][-1])])
    assert gaps.max() <= 60 * SECOND


def test_that_a_stopped_run_ends_without_a_result(tmp_path: Path) -> None:
    names = universe()
    pace = Pace(1.0, Wall())
    pace.stop()
    with Outputs(tmp_path / "out", names, book=False) as outputs:
        assert run(stream(names), Scribe(), options(), Taps(outputs=outputs), pace) is None
    assert list(tmp_path.iterdir()) == []


def test_that_a_paced_run_hands_over_what_is_due_and_gives_the_same_output() -> None:
    rows = market(1000)
    span = int(rows["ts_event"][-1] - rows["ts_event"][0])
    wall = Wall()

    class Stepping(Pace):
        """A wall that moves while the run waits."""

        waits = 0

        def wait(self, event_ns: int, at_most_s: float) -> None:
            assert event_ns > self.until()
            self.waits += 1
            wall.now += 0.5

    pace = Stepping(10.0, wall)
    engine, flat = Scribe(), Scribe()
    paced = run(stream(universe(), block=4096), engine, options(), Taps(), pace)
    reference = run(stream(universe(), block=4096), flat, options(), Taps())
    assert paced is not None
    assert reference is not None
    assert pace.waits >= span // 5_000_000_000 - 1
    assert len(engine.blocks) > len(flat.blocks)
    assert paced.report.output_hash == reference.report.output_hash
    assert paced.report.input_hash == reference.report.input_hash
    assert np.array_equal(applied_times(engine.market()), applied_times(rows))


def test_that_rows_that_come_after_their_time_was_passed_are_counted() -> None:
    rows = market(300)
    own = orders(rows, 30)
    rows["ts_event"][200] = rows["ts_event"][10]
    backward = Stream("back", universe(), Route(iter([rows]), own, 64))
    result = run(backward, Scribe(), options(), Taps())
    assert result is not None
    assert result.report.rows_late == 1


def test_that_an_empty_recording_is_a_run_too(tmp_path: Path) -> None:
    names = universe()
    with Outputs(tmp_path / "out", names, book=True) as outputs:
        result = run(Stream("none", names, Route(iter([]), [], 10)), Scribe(), options(), Taps(outputs=outputs))
    assert result is not None
    assert result.report.rows_in == 0
    assert pq.read_table(tmp_path / "out" / "book.parquet").num_rows == 0
