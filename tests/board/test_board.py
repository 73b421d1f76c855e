"""The board in one process and in two: what is written is what is read, and nobody reads half a row."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.board import BoardError, BoardReader, BoardWriter, TornRowsError, blank, distinct, files
from app.board.files import by_chunk
from app.engine import layout
from app.engine.errors import EngineError
from app.engine.events import Rows
from app.engine.units import NULL

ROOT = Path(__file__).resolve().parents[2]
SMALL = {"parents": 8, "fills": 8, "trace": 16, files.TEXTS: 4}


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[BoardWriter]:
    with BoardWriter(tmp_path, per_chunk=SMALL, ring=16) as board:
        yield board


@pytest.fixture
def reader(writer: BoardWriter) -> BoardReader:
    return BoardReader(writer.folder)


def parents(*quantities: int) -> Rows:
    rows = blank("parents", len(quantities))
    rows["order_qty"] = quantities
    return rows


def test_that_rows_come_back_as_written_in_every_way_of_asking(writer: BoardWriter, reader: BoardReader) -> None:
    rows = parents(*range(50))
    rows["avg_px"] = np.linspace(10, 20, 50)
    writer.put("parents", np.arange(50), rows)
    assert reader.length("parents") == 50
    assert reader.rows("parents").tobytes() == rows.tobytes()
    assert reader.rows("parents", slice(7, 33, 3)).tobytes() == files.as_bytes(rows)[7:33:3].tobytes()
    wanted = np.array([49, 0, 17, 8, 7, 0])
    assert reader.rows("parents", wanted).tobytes() == files.as_bytes(rows)[wanted].tobytes()
    assert reader.column("parents", "order_qty", wanted).tolist() == wanted.tolist()
    assert len(reader.rows("parents", np.array([], np.int64))) == 0
    assert len(reader.rows("fills")) == 0


@given(st.lists(st.lists(st.tuples(st.integers(0, 40), st.integers(-(2**62), 2**62)), max_size=12), max_size=8))
def test_that_the_last_value_put_is_the_one_read(
    tmp_path_factory: pytest.TempPathFactory, puts: list[list[tuple[int, int]]]
) -> None:
    with BoardWriter(tmp_path_factory.mktemp("board"), per_chunk=SMALL, ring=1024) as writer:
        reader = BoardReader(writer.folder)
        since, expected, told = reader.generation, dict[int, int](), set[int]()
        for watermark, put in enumerate(puts):
            once = dict(put)
            writer.put("parents", np.array(list(once), np.int64), parents(*once.values()))
            writer.beat(watermark)
            expected |= once
            since, changed, missed = reader.changes(since)
            assert not missed
            assert set(changed.get("parents", np.array([])).tolist()) == set(once)
            told |= set(once)
        got = reader.rows("parents")
        assert len(got) == max(expected, default=-1) + 1
        for row, quantity in enumerate(got["order_qty"].tolist()):
            assert quantity == expected.get(row, NULL)
        assert told == set(expected)


def test_that_rows_never_written_read_as_undefined_and_not_as_zero(writer: BoardWriter, reader: BoardReader) -> None:
    writer.put("parents", np.array([3]), parents(7))
    row = reader.rows("parents", slice(0, 1))
    assert np.isnan(row["avg_px"][0])
    assert row["order_qty"][0] == NULL
    assert row["in_fdr_set"][0] == -1
    assert row["parent_id"][0] == 0
    assert blank("fills")["parent_row"][0] == -1


def test_that_texts_are_interned_once_and_cross_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "TEXT_CHUNK", 64)
    writer = BoardWriter(tmp_path, per_chunk=SMALL)
    reader = BoardReader(tmp_path)
    texts = ["", "INST", "Zürich €", *(f"text number {i}" for i in range(40)), "x" * 64]
    indices = [writer.intern(text) for text in texts]
    assert indices == list(range(len(texts)))
    assert [writer.intern(text) for text in texts] == indices
    writer.beat(1)
    assert reader.texts(np.array(indices, np.uint32)) == texts
    assert reader.text(2) == "Zürich €"
    assert len(list(writer.folder.glob("e1/text.*"))) > 5
    with pytest.raises(EngineError, match="65 bytes"):
        writer.intern("y" * 65)
    writer.close()


def test_that_a_text_is_there_before_the_row_that_names_it(writer: BoardWriter, reader: BoardReader) -> None:
    row = parents(1)
    row["parent_id"] = writer.intern("P1")
    writer.put("parents", np.array([0]), row)
    assert reader.texts(reader.rows("parents")["parent_id"]) == ["P1"]


def test_that_changes_are_announced_when_their_publication_closes(writer: BoardWriter, reader: BoardReader) -> None:
    since, _, missed = reader.changes(0)
    assert missed, "a reader that starts reads everything"
    writer.put("parents", np.array([4, 5, 6, 1]), parents(1, 2, 3, 4))
    writer.put("fills", np.array([0]), blank("fills"))
    assert reader.changes(since) == (since, {}, False)
    writer.beat(1_000)
    generation, changed, missed = reader.changes(since)
    assert not missed
    assert {name: rows.tolist() for name, rows in changed.items()} == {"parents": [1, 4, 5, 6], "fills": [0]}
    assert reader.watermark == 1_000
    _, entries, _ = reader.entries(since)
    assert entries["watermark"].tolist() == [1_000] * 3, "consecutive rows are one entry"
    assert entries["generation"].tolist() == list(range(since + 1, generation + 1))
    assert reader.changes(generation)[1] == {}


def test_that_a_reader_who_slept_is_told_that_he_missed_changes(writer: BoardWriter, reader: BoardReader) -> None:
    since, _, _ = reader.changes(0)
    for step in range(17):  # the ring holds 16
        writer.put("parents", np.array([step % 3]), parents(step))
        writer.beat(step)
        if step == 15:
            assert not reader.changes(since)[2]
    generation, changed, missed = reader.changes(since)
    assert missed
    assert changed == {}
    assert not reader.changes(generation)[2]
    writer.put("parents", np.arange(0, 80, 2), parents(*range(40)))  # one publication larger than the ring
    writer.beat(99)
    assert reader.changes(generation)[2]


def test_that_entries_overwritten_while_they_are_copied_are_not_believed(
    writer: BoardWriter, reader: BoardReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    since, _, _ = reader.changes(0)
    writer.put("parents", np.array([1]), parents(1))
    writer.beat(1)

    def interrupted() -> None:  # the writer runs between the reader's looks
        monkeypatch.undo()
        writer.put("parents", np.arange(0, 34, 2), parents(*range(17)))
        writer.beat(2)

    monkeypatch.setattr("app.board.reader.fence", interrupted)
    assert reader.changes(since)[2]


def test_that_heartbeat_and_clock_are_the_callers(tmp_path: Path) -> None:
    ticks = iter([100, 200, 300, 400])
    with BoardWriter(tmp_path, clock=lambda: next(ticks)) as writer:
        reader = BoardReader(tmp_path)
        assert reader.heartbeat == (0, 100)
        assert reader.watermark == NULL
        writer.beat(5)
        assert reader.heartbeat == (1, 200)
        writer.heartbeat()
        assert reader.heartbeat == (2, 300)
        assert reader.watermark == 5


def test_that_facts_in_words_are_replaced_and_kept(writer: BoardWriter, reader: BoardReader) -> None:
    assert reader.meta() == {}
    writer.meta("session", "INST")
    writer.meta("speed", "10")
    assert reader.meta() == {"session": "INST", "speed": "10"}
    writer.meta("speed", "60")
    assert reader.meta() == {"session": "INST", "speed": "60"}
    reader.meta()["speed"] = "changed by a reader"
    assert reader.meta()["speed"] == "60"


def test_that_a_second_writer_is_refused_and_names_the_first(writer: BoardWriter) -> None:
    with pytest.raises(BoardError, match=f"process {os.getpid()}.*one writer per folder"):
        BoardWriter(writer.folder)
    writer.close()
    writer.close()
    BoardWriter(writer.folder).close()


def test_that_a_new_writer_opens_a_new_epoch_and_readers_follow(tmp_path: Path) -> None:
    first = BoardWriter(tmp_path, per_chunk=SMALL)
    first.put("parents", np.arange(3), parents(1, 2, 3))
    first.meta("session", "one")
    first.beat(10)
    reader = BoardReader(tmp_path)
    since, _, _ = reader.changes(0)
    first.close()
    assert reader.closed
    assert not reader.writer_alive()
    with BoardWriter(tmp_path, per_chunk=SMALL) as second:
        second.put("parents", np.arange(1), parents(9))
        second.beat(11)
        assert reader.epoch == 1
        assert reader.rows("parents")["order_qty"].tolist() == [1, 2, 3], "a reader's epoch holds until it looks up"
        generation, _, missed = reader.changes(since)
        assert missed
        assert generation > since
        assert reader.epoch == second.epoch == 2
        assert reader.rows("parents")["order_qty"].tolist() == [9]
        assert reader.meta() == {}
        assert reader.writer_alive()
        assert not reader.refresh()
    BoardWriter(tmp_path).close()
    assert reader.refresh()
    assert sorted(path.name for path in tmp_path.glob("e*")) == ["e2", "e3"], "older epochs are removed"


def test_that_a_replaced_epoch_that_is_gone_says_so(tmp_path: Path) -> None:
    with BoardWriter(tmp_path) as writer:
        writer.put("parents", np.arange(1), parents(1))
    reader = BoardReader(tmp_path)
    for _ in range(2):
        BoardWriter(tmp_path).close()
    with pytest.raises(BoardError, match="replaced or cut"):
        reader.rows("parents")


def test_that_a_board_of_another_build_is_refused_in_words(
    writer: BoardWriter, reader: BoardReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = layout.layout_hash()
    monkeypatch.setattr(layout, "layout_hash", lambda: "f" * 64)
    with pytest.raises(
        BoardError, match=f"{written[:12]} is not allowed; allowed: version 1, f{{12}}.*different builds"
    ):
        BoardReader(writer.folder)
    writer.close()
    BoardWriter(writer.folder).close()  # the build with the other layout takes the folder over
    monkeypatch.undo()
    with pytest.raises(BoardError, match="start both from the same one"):
        reader.changes(0)


def test_that_what_is_no_board_is_named(tmp_path: Path) -> None:
    with pytest.raises(BoardError, match="no board here yet"):
        BoardReader(tmp_path)
    (tmp_path / "header").write_bytes(b"NOTABORD" + b"\2" * 5000)
    with pytest.raises(BoardError, match="magic = b'NOTABORD'"):
        BoardReader(tmp_path)
    with BoardWriter(tmp_path) as writer:
        assert BoardReader(tmp_path).epoch == writer.epoch
        (tmp_path / f"e{writer.epoch}" / "changes").unlink()
        with pytest.raises(BoardError, match="missing or short"):
            BoardReader(tmp_path)


def test_that_a_writer_that_died_while_it_started_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.board.reader.ATTEMPTS", 3)
    (tmp_path / "header").write_bytes(b"\0" * 4096)
    with pytest.raises(BoardError, match="starting or died"):
        BoardReader(tmp_path)


def test_that_a_row_left_half_written_is_reported_and_the_others_are_readable(
    writer: BoardWriter, reader: BoardReader
) -> None:
    writer.put("parents", np.arange(20), parents(*range(20)))
    _, _, sequences = writer._chunk("parents", 1)
    sequences[3] |= np.uint64(1)  # row 11: as a writer killed in the middle leaves it
    with pytest.raises(TornRowsError, match="first is row 11") as torn:
        reader.rows("parents", attempts=200)
    assert torn.value.index.tolist() == [11]
    others = np.array([row for row in range(20) if row != 11])
    assert reader.rows("parents", others, attempts=1)["order_qty"].tolist() == others.tolist()
    writer.put("parents", np.array([11]), parents(110))
    assert reader.rows("parents", np.array([11]))["order_qty"].tolist() == [110]


def test_that_a_row_changed_during_the_copy_is_read_again(
    writer: BoardWriter, reader: BoardReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer.put("parents", np.arange(4), parents(0, 1, 2, 3))
    calls = iter(range(100))

    def interrupted() -> None:
        if next(calls) == 1:  # after the first look at the sequences
            writer.put("parents", np.array([2]), parents(22))

    monkeypatch.setattr("app.board.reader.fence", interrupted)
    assert reader.rows("parents", attempts=3)["order_qty"].tolist() == [0, 1, 22, 3]


@pytest.mark.parametrize(
    ("section", "index", "rows", "message"),
    [
        ("orders", np.arange(1), parents(1), "no section 'orders'"),
        ("fills", np.arange(1), parents(1), "dtype"),
        ("parents", np.arange(2), parents(1), "indices"),
        ("parents", np.array([-1]), parents(1), "row -1 is negative"),
    ],
)
def test_that_a_wrong_put_is_our_bug_and_named(
    writer: BoardWriter, section: str, index: np.ndarray, rows: Rows, message: str
) -> None:
    with pytest.raises(EngineError, match=message):
        writer.put(section, index, rows)


def test_that_rows_outside_the_section_are_refused(writer: BoardWriter, reader: BoardReader) -> None:
    writer.put("parents", np.arange(2), parents(1, 2))
    with pytest.raises(IndexError, match="there are 2"):
        reader.rows("parents", np.array([2]))
    with pytest.raises(IndexError, match="rows -1"):
        reader.rows("parents", np.array([-1]))


def test_that_what_is_unannounced_at_the_end_is_announced(writer: BoardWriter, reader: BoardReader) -> None:
    writer.beat(7)
    since, _, _ = reader.changes(0)
    writer.put("parents", np.arange(2), parents(1, 2))
    writer.close()
    assert reader.changes(since)[1]["parents"].tolist() == [0, 1]


def test_that_a_reader_leaves_every_file_as_it_was(writer: BoardWriter) -> None:
    writer.put("parents", np.arange(20), parents(*range(20)))
    writer.beat(3)
    before = {path: path.read_bytes() for path in writer.folder.rglob("*") if path.is_file()}
    reader = BoardReader(writer.folder)
    reader.changes(0)
    reader.rows("parents")
    with pytest.raises(ValueError, match="read-only"):
        reader._chunk("parents", 0).rows["order_qty"][0] = 1
    assert {path: path.read_bytes() for path in writer.folder.rglob("*") if path.is_file()} == before


# -- two processes -------------------------------------------------------------------------------------------------

# Every float field of a row carries the same number, so a torn row shows. Rows are rewritten and added until
# stdin ends.
SCRIBE = """
import sys, threading
import numpy as np
from pathlib import Path
from app.board import BoardWriter, blank
writer = BoardWriter(Path(sys.argv[1]), per_chunk={"parents": 64}, ring=256)
floats = [name for name in blank("parents").dtype.names if blank("parents").dtype[name] == "f8"]
stop = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), stop.set()), daemon=True).start()
step = 0
while not stop.is_set():
    step += 1
    count = min(100 + step, 1500)
    rows = blank("parents", count)
    for name in floats:
        rows[name] = step
    rows["parent_id"] = writer.intern(f"step {step % 1000}")
    writer.put("parents", np.arange(count), rows)
    writer.beat(step)
    if step == 3:
        print("ready", flush=True)
writer.close()
print(step, flush=True)
"""


@contextmanager
def scribe(folder: Path) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", SCRIBE, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.kill()


def test_that_no_torn_row_is_read_while_another_process_writes_and_grows(tmp_path: Path) -> None:
    floats = [name for name in layout.PARENT_ROW.names or () if layout.PARENT_ROW[name] == "f8"]
    since, last = 0, -1
    lengths, steps = set[int](), set[float]()
    with scribe(tmp_path) as process:
        reader = BoardReader(tmp_path)
        while len(steps) < 30 or len(lengths) < 5:
            since, _, _ = reader.changes(since)
            watermark = reader.watermark
            rows = reader.rows("parents")
            values = np.stack([rows[name] for name in floats])
            assert (values == values[0]).all(), "a row mixes two writings"
            assert watermark >= last
            assert values[0, :100].min() >= watermark, "rows are at least as new as the watermark read before them"
            assert reader.texts(rows["parent_id"]) == [f"step {int(value) % 1000}" for value in values[0]]
            lengths.add(len(rows))
            steps.update(values[0].tolist())
            last = watermark
        out, _ = process.communicate("")
    assert process.returncode == 0
    assert set(reader.rows("parents", slice(0, 100))["avg_px"].tolist()) == {float(out)}
    assert reader.closed


def test_that_a_killed_writer_shows_and_its_folder_can_be_taken_over(tmp_path: Path) -> None:
    with scribe(tmp_path) as process:
        reader = BoardReader(tmp_path)
        assert reader.writer_alive()
        with pytest.raises(BoardError, match=f"process {process.pid}\\) holds"):
            BoardWriter(tmp_path)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    assert not reader.writer_alive()
    assert not reader.closed
    beat = reader.heartbeat
    since = reader.changes(0)[0]
    with BoardWriter(tmp_path) as writer:
        writer.put("parents", np.arange(1), parents(5))
        writer.beat(1)
        assert reader.heartbeat == beat, "the dead writer's board stands still until the reader looks up"
        assert reader.changes(since)[2]
        assert reader.epoch == 2
        assert reader.rows("parents")["order_qty"].tolist() == [5]


@given(st.lists(st.integers(-5, 5)), st.sampled_from([np.int64, np.int32, np.uint64, np.uint16]))
def test_that_distinct_values_are_those_of_numpy(values: list[int], kind: type[np.generic]) -> None:
    array = np.array([abs(v) for v in values]).astype(kind) if "u" in np.dtype(kind).str else np.array(values, kind)
    found = distinct(array)
    assert found.tolist() == np.unique(array).tolist()
    assert found.dtype == array.dtype


@given(st.lists(st.integers(0, 99), min_size=1, max_size=40), st.booleans())
def test_that_rows_are_parted_by_chunk_whatever_their_order(wanted: list[int], sort: bool) -> None:
    index = np.array(sorted(wanted) if sort else wanted, np.int64)
    found = np.full(len(index), -1)
    chunks = []
    for chunk, inside, places in by_chunk(index, 16):
        found[places] = chunk * 16 + inside
        chunks.append(chunk)
        assert inside.min() >= 0
        assert inside.max() < 16
    assert found.tolist() == index.tolist()
    assert chunks == sorted(set((index // 16).tolist()))


def test_that_a_text_can_be_asked_for_long_after_its_epoch_is_gone(tmp_path: Path) -> None:
    with BoardWriter(tmp_path) as writer:
        late = writer.intern("late")
        writer.put("parents", np.array([0]), parents(1))
        writer.beat(1)
        reader = BoardReader(tmp_path)
        assert reader.text(0) == ""
        shutil.rmtree(tmp_path / f"e{reader.epoch}")
        assert reader.text(late) == "late"


def test_that_the_board_brings_neither_numba_nor_qt() -> None:
    code = (
        "import sys, app.board; print([m for m in sys.modules if m.split('.')[0] in ('numba', 'PySide6', 'llvmlite')])"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True, cwd=ROOT) == "[]\n"
