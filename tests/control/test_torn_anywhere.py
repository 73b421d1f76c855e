"""A process that dies in the middle of any line: its files are cut there, and it comes back knowing what was whole."""

import shutil
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.control.audit import AuditLog, verify
from app.control.journal import Intended, read_journal
from app.engine.switch.facts import KillAsked
from tests.control.test_audit import kept, written
from tests.control.test_core import Desk, last_id

AT = st.floats(0, 1)


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a process left: an order, a fill, a switch that was sent and not answered, a kill."""
    folder = tmp_path_factory.mktemp("left")
    desk = Desk(folder / "control")
    desk.begin()
    desk.report("F", t32="100", t14="100", t151="900", t39="1")
    desk.ask()
    desk.control.take(KillAsked(scope="parent:TECH"))
    desk.control.close()
    return folder


def torn(left: Path, to: Path, share: float) -> Path:
    """A copy of it whose journal ends at some byte; its folder."""
    shutil.copytree(left, to)
    path = to / "control" / "intents.log"
    data = path.read_bytes()
    path.write_bytes(data[: round(share * len(data))])
    return to


@given(share=AT)
def test_that_a_journal_torn_anywhere_keeps_every_whole_line(
    left: Path, tmp_path_factory: pytest.TempPathFactory, share: float
) -> None:
    whole = list(read_journal(left / "control" / "intents.log"))
    folder = torn(left, tmp_path_factory.mktemp("torn") / "x", share)
    path = folder / "control" / "intents.log"
    lines = path.read_bytes().count(b"\n")
    assert list(read_journal(path)) == whole[:lines]
    assert path.read_bytes().count(b"\n") == lines
    assert path.read_bytes().endswith(b"\n") or lines == 0


@pytest.mark.slow
@given(share=AT)
def test_that_a_process_comes_back_from_any_cut_without_sending_anything(
    left: Path, tmp_path_factory: pytest.TempPathFactory, share: float
) -> None:
    folder = torn(left, tmp_path_factory.mktemp("torn") / "x", share)
    kept = list(read_journal(folder / "control" / "intents.log"))
    desk = Desk(folder / "control")
    assert desk.sent == []
    assert not desk.control.session.online
    intended = {line.message.cl_ord_id for line in kept if isinstance(line, Intended)}
    assert all(desk.control.session.order_of(name) is not None for name in intended)
    desk.control.close()
    again = Desk(folder / "control")
    assert again.sent == []
    for name, order in desk.control.session.orders.items():
        other = again.control.session.orders[name]
        assert (other.cum, other.held, other.qty, other.accepted) == (order.cum, order.held, order.qty, order.accepted)
    assert again.control.session.kills == desk.control.session.kills
    again.control.close()
    assert verify(folder / "control" / "audit.log")[1] == []


@pytest.mark.slow
@given(share=AT)
def test_that_no_id_of_before_is_used_again_wherever_the_journal_was_cut(
    left: Path, tmp_path_factory: pytest.TempPathFactory, share: float
) -> None:
    folder = torn(left, tmp_path_factory.mktemp("torn") / "x", share)
    used = {
        line.message.cl_ord_id for line in read_journal(left / "control" / "intents.log") if isinstance(line, Intended)
    }
    desk = Desk(folder / "control")
    desk.control.logged_on(up=True)
    desk.report("0", "B1", t37="O2")
    desk.control.take(KillAsked(scope="order:O2"))
    assert desk.sent
    assert last_id(desk) not in used
    desk.control.close()


@pytest.mark.slow
@given(share=AT)
def test_that_an_audit_torn_anywhere_goes_on_and_tells_what_is_missing(
    tmp_path_factory: pytest.TempPathFactory, share: float
) -> None:
    path = tmp_path_factory.mktemp("audit") / "audit.log"
    lines = written(path)
    data = path.read_bytes()
    path.write_bytes(data[: round(share * len(data))])
    whole = path.read_bytes().count(b"\n")
    cut = not path.read_bytes().endswith(b"\n") and path.stat().st_size > 0
    found = verify(path)[1]
    assert any(problem.what == "the last line is cut off" for problem in found) == cut
    assert any(problem.what == f"{len(lines) - whole} line(s) missing at the end" for problem in found) == (
        whole < len(lines)
    )
    with AuditLog(path) as log:
        log.write("after", {})
    after = path.read_bytes().splitlines()
    assert after[:whole] == lines[:whole]
    assert len(after) == whole + cut + (whole < len(lines)) + 1
    assert [problem.what for problem in verify(path)[1] if "changed" in problem.what] == []


@pytest.mark.parametrize("gone", [1, 3, 6])
def test_that_lines_gone_from_the_end_are_told_for_good_by_who_goes_on(tmp_path: Path, gone: int) -> None:
    path = tmp_path / "audit.log"
    lines = written(path)
    kept(path, lines[: len(lines) - gone])
    for _ in range(2):
        with AuditLog(path) as log:
            log.write("after", {})
    entries = [msgspec.json.decode(line) for line in path.read_bytes().splitlines()]
    assert [entry["lines"] for entry in entries if entry["what"] == "missing"] == [gone]
    assert [entry["what"] for entry in entries[len(lines) - gone :]] == ["missing", "after", "after"]
