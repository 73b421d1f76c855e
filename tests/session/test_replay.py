"""A replay as a whole: a path in, the files of a run out, the same hashes however it is run."""

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from app.board import BoardReader
from app.engine import schema
from app.engine.errors import FeedError, SettingsError
from app.runtime.pace import Pace
from app.session.replay import export, replay
from app.session.request import ReplayRequest
from tests.session.small import small_session


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_session(tmp_path_factory.mktemp("replay") / "day")


@pytest.fixture(scope="module")
def plain(day: Path) -> dict[str, Any]:
    return report(ReplayRequest(path=str(day)))


def report(request: ReplayRequest) -> dict[str, Any]:
    result = replay(request)
    assert result is not None
    return {name: getattr(result.report, name) for name in result.report.__struct_fields__}


def test_that_a_replay_leaves_every_file_of_a_run(day: Path, tmp_path: Path, plain: dict[str, Any]) -> None:
    said = report(ReplayRequest(path=str(day), out=str(tmp_path / "out"), book=True))
    names = {entry.name for entry in (tmp_path / "out").iterdir()}
    tables = {f"{name}.parquet" for name in schema.TABLES}
    assert names == tables | {"book.parquet", "quarantine.parquet", "run.json"}
    assert json.loads((tmp_path / "out" / "run.json").read_text()) == said
    orders = pq.read_table(day / "orders.parquet").num_rows
    assert said["rows_in"] == pq.read_table(day / "market.parquet").num_rows + orders
    assert pq.read_table(tmp_path / "out" / "parents.parquet").num_rows > 1
    assert pq.read_table(tmp_path / "out" / "book.parquet").num_rows > 1000
    assert said["output_hash"] == plain["output_hash"]
    assert said["events_per_s"] > 0
    assert said["model_hash"] is None


@pytest.mark.slow
@pytest.mark.parametrize("block", [1, 7, 64])
def test_that_the_block_changes_neither_input_nor_output(day: Path, block: int, plain: dict[str, Any]) -> None:
    again = report(ReplayRequest(path=str(day), block=block))
    assert (again["input_hash"], again["output_hash"]) == (plain["input_hash"], plain["output_hash"])


def test_that_a_journal_replays_to_every_hash(day: Path, tmp_path: Path) -> None:
    first = report(ReplayRequest(path=str(day), journal=str(tmp_path / "day.tape"), block=100))
    second = report(ReplayRequest(path=str(tmp_path / "day.tape")))
    for name in ("input_hash", "run_hash", "output_hash", "rows_in", "undefined"):
        assert second[name] == first[name], name


def test_that_a_torn_journal_is_replayed_and_told(day: Path, tmp_path: Path) -> None:
    replay(ReplayRequest(path=str(day), journal=str(tmp_path / "day.tape")))
    whole = (tmp_path / "day.tape").read_bytes()
    (tmp_path / "torn.tape").write_bytes(whole[: len(whole) * 2 // 3])
    said = report(ReplayRequest(path=str(tmp_path / "torn.tape")))
    assert "torn.tape: offset" in said["notes"][0]


def test_that_an_exported_journal_gives_the_same_output(day: Path, tmp_path: Path, plain: dict[str, Any]) -> None:
    replay(ReplayRequest(path=str(day), journal=str(tmp_path / "day.tape")))
    export(ReplayRequest(path=str(tmp_path / "day.tape"), out=str(tmp_path / "again")))
    again = report(ReplayRequest(path=str(tmp_path / "again")))
    assert (again["input_hash"], again["output_hash"]) == (plain["input_hash"], plain["output_hash"])


def test_that_own_rows_beside_give_the_same_output(day: Path, tmp_path: Path, plain: dict[str, Any]) -> None:
    lonely = small_session(tmp_path / "lonely")
    (lonely / "orders.parquet").rename(tmp_path / "own.parquet")
    again = report(ReplayRequest(path=str(lonely), orders=str(tmp_path / "own.parquet")))
    assert (again["input_hash"], again["output_hash"]) == (plain["input_hash"], plain["output_hash"])


def test_that_settings_are_part_of_the_report(day: Path, tmp_path: Path, plain: dict[str, Any]) -> None:
    (tmp_path / "mine.toml").write_text("[level.z]\namber = 1.0\n")
    assert (
        report(ReplayRequest(path=str(day), settings=str(tmp_path / "mine.toml")))["settings_hash"]
        != (plain["settings_hash"])
    )


def test_that_the_board_shows_the_run_beside_its_figures(day: Path, tmp_path: Path) -> None:
    said = report(ReplayRequest(path=str(day), board=str(tmp_path / "board"), out=str(tmp_path / "out")))
    reader = BoardReader(tmp_path / "board")
    facts = reader.meta()
    assert facts["session"] == "day"
    assert int(facts["start_ns"]) < int(facts["end_ns"])
    assert reader.length("parents") == pq.read_table(tmp_path / "out" / "parents.parquet").num_rows
    assert reader.watermark >= int(facts["start_ns"])
    assert said["rows_in"] > 0
    assert reader.closed


def test_that_a_stopped_replay_leaves_nothing(day: Path, tmp_path: Path) -> None:
    pace = Pace(1.0)
    pace.stop()
    assert replay(ReplayRequest(path=str(day), out=str(tmp_path / "out")), pace) is None
    assert not (tmp_path / "out").exists()


def test_that_a_journal_takes_no_rows_beside(day: Path, tmp_path: Path) -> None:
    replay(ReplayRequest(path=str(day), journal=str(tmp_path / "day.tape")))
    with pytest.raises(SettingsError, match=r"--orders: file = .*own\.parquet.*export it first"):
        replay(ReplayRequest(path=str(tmp_path / "day.tape"), orders="own.parquet"))


def test_that_a_journal_is_never_overwritten(day: Path, tmp_path: Path) -> None:
    (tmp_path / "day.tape").write_bytes(b"precious")
    with pytest.raises(FeedError, match="name a new file"):
        replay(ReplayRequest(path=str(day), journal=str(tmp_path / "day.tape")))
