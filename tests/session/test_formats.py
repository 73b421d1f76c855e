"""Formats: asked for or guessed, and own rows from a file beside."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from app.engine.errors import DecodeError, FeedError, SettingsError
from app.engine.universe import Universe
from app.runtime.journal import JournalWriter
from app.session.formats import FORMATS, Sources, last_time, resolved_format
from app.settings import load_settings
from tests.runtime.made import universe
from tests.session.small import PLAN, small_session

FIX = (
    b"20231114-22:20:00.000000001 : 8=FIX.4.2|9=100|35=D|49=US|56=THEM|34=1|52=20231114-22:20:00|11=C1|55=GEN0|54=1"
    b"|38=100|40=2|44=100.01|60=20231114-22:20:00|10=000|\n"
)


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_session(tmp_path_factory.mktemp("formats") / "day")


def sources(text: str | None = None, path: Path | None = None) -> Sources:
    if text is None or path is None:
        return Sources(load_settings(None, {}), None)
    path.write_text(text)
    return Sources(load_settings(path, {}), str(path))


def test_that_a_format_asked_for_is_taken_and_an_unknown_one_refused(session: Path) -> None:
    assert resolved_format(session, "dbn") == "dbn"
    with pytest.raises(SettingsError, match="format = 'csv' is not allowed; allowed: archive, binance, dbn, fixlog"):
        resolved_format(session, "csv")


def test_that_the_formats_of_the_detector_can_all_be_opened() -> None:
    from app.feeds import detect

    assert {*detect.FORMATS, "archive"} == set(FORMATS)  # an archive is asked for by its address


def test_that_a_session_and_a_journal_are_recognised(session: Path, tmp_path: Path) -> None:
    JournalWriter(tmp_path / "of any name", universe()).close()
    assert resolved_format(session, None) == "session"
    assert resolved_format(tmp_path / "of any name", None) == "journal"


def test_that_absent_and_empty_paths_are_named(tmp_path: Path) -> None:
    with pytest.raises(FeedError, match="nothing: there is no such file or folder"):
        resolved_format(tmp_path / "nothing", None)
    (tmp_path / "empty.gz").write_bytes(b"")
    for asked in (None, "binance", "journal"):
        with pytest.raises(FeedError, match=r"empty\.gz: empty file \(0 bytes\)"):
            resolved_format(tmp_path / "empty.gz", asked)


def test_that_own_rows_come_from_a_table_beside(session: Path, tmp_path: Path) -> None:
    lonely = small_session(tmp_path / "market only")
    (lonely / "orders.parquet").unlink()
    with sources().open(session, "session", Universe()) as whole:
        wanted = whole.orders
    with sources().open(lonely, "session", Universe()) as recording:
        assert recording.orders == []
        sources().add_orders(recording, session / "orders.parquet")
        assert recording.orders == wanted


def test_that_own_rows_come_from_a_fix_log_beside_and_join_in_order(session: Path, tmp_path: Path) -> None:
    (tmp_path / "oms.log").write_bytes(FIX)
    opened = sources('[fix]\nchecksum = "count"\nbody_length = "count"\n', tmp_path / "mine.toml")
    with opened.open(session, "session", Universe()) as recording:
        before = len(recording.orders)
        opened.add_orders(recording, tmp_path / "oms.log")
        added = [row for row in recording.orders if row.child_id == "C1"]
        assert len(added) >= 1
        assert len(recording.orders) == before + len(added)
        times = [row.ts_event for row in recording.orders]
        assert times == sorted(times)


def test_that_a_table_of_own_rows_that_cannot_be_used_is_named(session: Path, tmp_path: Path) -> None:
    (tmp_path / "cut.parquet").write_bytes((session / "orders.parquet").read_bytes()[:-50])
    pq.write_table(pa.table({"ts_event": ["noon"], "kind": ["fill"], "source": ["S"]}), tmp_path / "wrong.parquet")
    with sources().open(session, "session", Universe()) as recording:
        with pytest.raises(FeedError, match=r"cut\.parquet: not a complete Parquet file"):
            sources().add_orders(recording, tmp_path / "cut.parquet")
        with pytest.raises(FeedError, match=r"none\.parquet: cannot be read"):
            sources().add_orders(recording, tmp_path / "none.parquet")
        with pytest.raises(DecodeError, match=r"wrong\.parquet.*ts_event"):
            sources().add_orders(recording, tmp_path / "wrong.parquet")


def test_that_raw_fix_inside_a_session_is_read(tmp_path: Path) -> None:
    folder = small_session(tmp_path / "day")
    (folder / "orders.parquet").unlink()
    (folder / "orders.fix").write_bytes(FIX)
    opened = sources('[fix]\nchecksum = "count"\nbody_length = "count"\n', tmp_path / "mine.toml")
    with opened.open(folder, "session", Universe()) as recording:
        found = [row.child_id for row in recording.orders] + [aside.where for aside in recording.quarantine]
        assert found, "read or set aside, never lost"


def test_that_wrong_fix_settings_name_their_file(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"mine\.toml: fix.*timezone.*'Mars'"):
        sources('[fix]\ntimezone = "Mars"\n', tmp_path / "mine.toml")


def test_that_the_end_of_a_session_is_known_before_it_is_read(session: Path, tmp_path: Path) -> None:
    end = max(pq.read_table(session / "market.parquet")["ts_event"].to_pylist())
    assert last_time(session, 0) == end
    assert last_time(session, end + 5) == end + 5
    assert end <= PLAN.end_ns
    assert last_time(tmp_path, 7) == 7
    (tmp_path / "market.parquet").write_bytes(b"not parquet")
    assert last_time(tmp_path, 7) == 7
