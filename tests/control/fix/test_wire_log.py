"""The log of the wire: every report once, in its order, also after a process that was killed in the middle."""

from pathlib import Path

from app.control.fix.wire_log import WireLog
from app.feeds.decode.fix_frame import Framer
from app.feeds.decode.fix_wire import Header, built
from tests.control.made import T0


def report(seq: int, text: str = "x") -> bytes:
    """A message of the other side."""
    return built(Header("EMS", "US", seq, T0), "8", [(37, "O1"), (58, text)])


def ours(seq: int) -> bytes:
    """A message of ours."""
    return built(Header("US", "EMS", seq, T0), "G", [(11, "A1")])


def test_that_reports_are_numbered_and_told_again_after_the_known_ones(tmp_path: Path) -> None:
    path = tmp_path / "messages.log"
    log = WireLog(path, "EMS")
    assert [log.received(report(seq), T0 + seq) for seq in (1, 2)] == [1, 2]
    log.sent(ours(7), T0)
    assert log.received(report(3), T0 + 3) == 3
    log.close()
    log.close()
    again = WireLog(path, "EMS")
    assert again.heard == 3
    assert [(n, heard.at_ns, heard.raw) for n, heard in again.after(1)] == [
        (2, T0 + 2, report(2)),
        (3, T0 + 3, report(3)),
    ]
    assert again.received(report(4), T0) == 4
    again.close()


def test_that_a_text_with_line_ends_is_one_message(tmp_path: Path) -> None:
    log = WireLog(tmp_path / "messages.log", "EMS")
    raw = report(1, "two\nlines : 8=FIX\n")
    log.received(raw, T0)
    log.received(report(2), T0)
    assert [heard.raw for _, heard in log.after(0)] == [raw, report(2)]
    log.close()


def test_that_a_message_cut_anywhere_is_taken_off_and_the_rest_stays(tmp_path: Path) -> None:
    path = tmp_path / "messages.log"
    log = WireLog(path, "EMS")
    log.received(report(1), T0)
    log.received(report(2), T0)
    log.close()
    whole = path.read_bytes()
    line = len(whole) // 2
    for end in range(line, len(whole)):
        path.write_bytes(whole[:end])
        again = WireLog(path, "EMS")
        assert again.heard == 1
        assert again.received(report(9), T0) == 2
        assert [heard.raw for _, heard in again.after(0)] == [report(1), report(9)]
        again.close()


def test_that_feeds_read_it_as_a_log(tmp_path: Path) -> None:
    path = tmp_path / "messages.log"
    log = WireLog(path, "EMS")
    log.received(report(1), T0)
    log.sent(ours(2), T0)
    log.close()
    framer = Framer()
    items = [*framer.feed(path.read_bytes()), *framer.close()]
    assert [getattr(item, "raw", b"") for item in items] == [report(1), ours(2)]
    assert (path.stat().st_mode & 0o777) == 0o600
