"""The engine of a live session follows what goes over the control process's FIX session."""

from pathlib import Path

from app.control.fix.wire_log import WireLog
from app.engine.universe import Universe
from app.feeds.decode.fix_wire import Header, built
from app.feeds.fixtail import FixTail
from app.session.live_day import DROP_COPY, with_drop_copy
from app.settings import Settings, load_settings
from app.settings_sources import FileSource
from tests.control.made import T0

EMS = '[ems]\nhost = "ems"\nsender = "US"\ntarget = "EMS"\n'


def settings(tmp_path: Path, text: str) -> Settings:
    """Settings of a file."""
    path = tmp_path / "mine.toml"
    path.write_text(text)
    return load_settings(path, {})


def test_that_a_session_with_an_ems_has_one_source_more(tmp_path: Path) -> None:
    found = with_drop_copy(settings(tmp_path, EMS), tmp_path).sources[DROP_COPY]
    assert isinstance(found, FileSource)
    assert (found.role, found.codec, found.path) == ("orders", "fix", str(tmp_path / "fix" / "messages.log"))


def test_that_it_is_left_out_where_nobody_wants_it(tmp_path: Path) -> None:
    for text in ("", EMS + "drop_copy = false\n"):
        given = settings(tmp_path, text)
        assert with_drop_copy(given, tmp_path) is given
    own = EMS + '[sources.ems]\nkind = "file"\nrole = "orders"\ncodec = "fix"\npath = "elsewhere.log"\n'
    found = with_drop_copy(settings(tmp_path, own), tmp_path).sources[DROP_COPY]
    assert isinstance(found, FileSource)
    assert found.path == "elsewhere.log"


def test_that_fills_that_arrive_there_are_order_rows(tmp_path: Path) -> None:
    given = with_drop_copy(settings(tmp_path, EMS), tmp_path)
    source = given.sources[DROP_COPY]
    assert isinstance(source, FileSource)
    log = WireLog(Path(source.path), "EMS")
    order = [(37, "O1"), (11, "A1"), (55, "TECH"), (54, "2"), (38, "1000"), (526, "P1"), (847, "VWAP")]
    first = [*order, (17, "E1"), (150, "0"), (39, "0"), (14, "0"), (151, "1000")]
    fill = [*order, (17, "E2"), (150, "F"), (39, "1"), (32, "100"), (31, "50.25"), (14, "100"), (151, "900")]
    for seq, fields in enumerate((first, fill), 1):
        log.received(built(Header("EMS", "US", seq, T0), "8", [*fields, (60, "20260105-14:30:00.000")]), T0 + seq)
    log.close()
    tail = FixTail(DROP_COPY, source, Universe(), given.fix)
    tail.open({}, lambda: None)
    tail.poll(1000)
    (lane,) = tail.lanes.values()
    rows = [row for batch, _, _ in lane.waiting for row in batch.orders]
    assert [row.qty for row in rows if row.kind == "fill"] == [100]
    tail.close()
