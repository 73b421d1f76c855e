"""The files of a run: right types, null for undefined, all or none."""

import errno
import json
import os
import signal
import threading
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from app.engine import schema
from app.engine.errors import EngineError, FeedError
from app.engine.events import CHANGE, PRINTED, TOUCHED, Quarantined
from app.engine.units import NULL, SECOND
from app.runtime import outputs as outputs_module
from app.runtime.outputs import FILES, Outputs, RunReport, Tables, uninterrupted
from tests.runtime.made import universe


def report(rows_in: int = 1) -> RunReport:
    return RunReport(
        version="1", settings_hash="s", input_hash="i", model_hash=None, run_hash="r", output_hash="o", rows_in=rows_in,
        rows_late=0, rows_quarantined=0, undefined={"past_end": 2}, events_per_s=5.0, wall_s=1.5, notes=[],
    )  # fmt: skip


def written(folder: Path, tables: Tables, *, book: bool = False) -> None:
    with Outputs(folder, universe(), book=book) as outputs:
        outputs.write_tables(tables)
        outputs.finish(report())


def names(folder: Path) -> set[str]:
    return {entry.name for entry in folder.iterdir()}


def test_that_every_table_has_its_columns_types_and_compression(tmp_path: Path) -> None:
    written(tmp_path / "out", {"fills": {"fill_id": ["a", "b"], "qty": [1, None], "px": [None, 1.5]}})
    types = {"str": "string", "i8": "int64", "px": "double", "f8": "double", "bool": "bool"}
    for name, columns in schema.TABLES.items():
        file = pq.ParquetFile(tmp_path / "out" / f"{name}.parquet")
        assert [(f.name, str(f.type)) for f in file.schema_arrow] == [(c.name, types[c.kind]) for c in columns]
    table = pq.read_table(tmp_path / "out" / "fills.parquet").to_pydict()
    assert (table["fill_id"], table["qty"], table["px"]) == (["a", "b"], [1, None], [None, 1.5])
    assert table["own_print"] == [None, None]  # not given: null
    group = pq.ParquetFile(tmp_path / "out" / "fills.parquet").metadata.row_group(0)
    assert group.column(0).compression == "ZSTD"


def test_that_an_undefined_figure_is_null_and_never_nan(tmp_path: Path) -> None:
    written(tmp_path / "out", {"fills": {"px": [float("nan"), None, 0.0]}})
    assert pq.read_table(tmp_path / "out" / "fills.parquet")["px"].to_pylist() == [None, None, 0.0]


@pytest.mark.parametrize(
    ("columns", "words"),
    [({"qty": ["seven"]}, "column qty"), ({"colour": [1]}, "colour"), ({"qty": [1], "px": [1.0, 2.0]}, "fills")],
)
def test_that_a_wrong_table_is_our_own_error_and_leaves_nothing(
    tmp_path: Path, columns: dict[str, list[object]], words: str
) -> None:
    with pytest.raises(EngineError, match=words):
        written(tmp_path / "out", {"fills": columns})
    assert names(tmp_path) == set()


def test_that_the_report_is_readable_json_with_every_field(tmp_path: Path) -> None:
    written(tmp_path / "out", {})
    loaded = json.loads((tmp_path / "out" / "run.json").read_text())
    assert loaded["undefined"] == {"past_end": 2}
    assert loaded["model_hash"] is None
    assert set(loaded) == set(RunReport.__struct_fields__)


def test_that_the_book_has_a_line_per_completed_event_and_null_for_an_empty_side(tmp_path: Path) -> None:
    changes = np.zeros(3, CHANGE)
    changes["kind"] = [TOUCHED, PRINTED, TOUCHED]
    changes["rec"], changes["ts"], changes["seq"] = [4, 5, 6], [40, 50, 60], [7, 8, 9]
    changes["instrument"] = [2, 0, 1]
    changes["bid"], changes["bid_size"], changes["bid_count"] = 99 * SECOND + 250_000_000, 10, 3
    changes["ask"], changes["ask_size"], changes["ask_count"] = 100 * SECOND, 20, [0, 1, 0]
    changes["ask"][2] = changes["ask_size"][2] = NULL
    with Outputs(tmp_path / "out", universe(), book=True) as outputs:
        outputs.add_touches(changes)
        outputs.write_tables({})
        outputs.finish(report())
    table = pq.read_table(tmp_path / "out" / "book.parquet").to_pydict()
    assert list(table) == [column.name for column in schema.BOOK]
    assert table["row"] == [4, 6]
    assert table["instrument"] == ["I2", "I1"]
    assert table["bid_px"] == [99.25, 99.25]
    assert (table["bid_sz"], table["bid_ct"]) == ([10, 10], [3, 3])
    assert (table["ask_px"], table["ask_sz"], table["ask_ct"]) == ([100.0, None], [20, None], [None, None])
    assert (table["seq"], table["ts_event"]) == ([7, 9], [40, 60])


def test_that_a_long_book_is_written_in_pieces_and_complete(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outputs_module, "_ROW_GROUP", 10)
    changes = np.zeros(7, CHANGE)
    changes["kind"] = TOUCHED
    with Outputs(tmp_path / "out", universe(), book=True) as outputs:
        for turn in range(5):
            changes["rec"] = np.arange(7) + 7 * turn
            outputs.add_touches(changes.copy())
        outputs.write_tables({})
        outputs.finish(report())
    file = pq.ParquetFile(tmp_path / "out" / "book.parquet")
    assert file.metadata.num_row_groups == 3
    assert file.read()["row"].to_pylist() == list(range(35))


def test_that_quarantine_is_kept_whole_and_counted_though_memory_is_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outputs_module, "_SPILL", 10)
    with Outputs(tmp_path / "out", universe(), book=False) as outputs:
        for n in range(25):
            outputs.add_quarantine([Quarantined(source="S", where=f"line {n}", reason="bad", raw=bytes([n]))])
            assert len(outputs._set_aside) < 10
        assert outputs.quarantined == 25
        outputs.write_tables({})
        outputs.finish(report())
    table = pq.read_table(tmp_path / "out" / "quarantine.parquet").to_pydict()
    assert table["where"] == [f"line {n}" for n in range(25)]
    assert table["raw"][24] == b"\x18"


def test_that_nothing_is_left_when_a_run_does_not_finish(tmp_path: Path) -> None:
    with Outputs(tmp_path / "out", universe(), book=True) as outputs:
        outputs.write_tables({})
        assert len(names(tmp_path)) == 1  # a folder of its own, beside
    assert names(tmp_path) == set()


def test_that_a_full_disk_is_told_in_words_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("pyarrow.parquet.write_table", full)
    with pytest.raises(FeedError, match="out: the output cannot be written: No space left on device"):
        written(tmp_path / "out", {})
    assert names(tmp_path) == set()


def test_that_an_older_result_stays_until_the_new_one_is_complete(tmp_path: Path) -> None:
    written(tmp_path / "out", {"fills": {"qty": [1]}}, book=True)
    (tmp_path / "out" / "my notes.txt").write_text("keep")
    with Outputs(tmp_path / "out", universe(), book=False) as outputs:
        outputs.write_tables({"fills": {"qty": [2]}})
        assert pq.read_table(tmp_path / "out" / "fills.parquet")["qty"].to_pylist() == [1]
        outputs.finish(report())
    assert pq.read_table(tmp_path / "out" / "fills.parquet")["qty"].to_pylist() == [2]
    assert names(tmp_path / "out") == (set(FILES) - {"book.parquet"}) | {"my notes.txt"}  # no stale book
    assert names(tmp_path) == {"out"}


def test_that_an_empty_folder_is_used(tmp_path: Path) -> None:
    (tmp_path / "a" / "out").mkdir(parents=True)
    written(tmp_path / "a" / "out", {})
    assert "run.json" in names(tmp_path / "a" / "out")


def test_that_an_output_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("x")
    with pytest.raises(FeedError, match="is a file"):
        Outputs(tmp_path / "out", universe(), book=False)
    with pytest.raises(FeedError, match="cannot be written"):
        Outputs(tmp_path / "out" / "deeper", universe(), book=False)
    assert (tmp_path / "out").read_text() == "x"


def test_that_an_interruption_waits_until_files_have_changed_places() -> None:
    steps = []
    with pytest.raises(KeyboardInterrupt):  # noqa: PT012 - what runs after the signal is the point
        with uninterrupted():
            os.kill(os.getpid(), signal.SIGINT)
            steps.append("still here")
        steps.append("never")
    assert steps == ["still here"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_that_files_change_places_outside_the_main_thread_too() -> None:
    done: list[bool] = []

    def work() -> None:
        with uninterrupted():
            done.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(10)
    assert done == [True]
