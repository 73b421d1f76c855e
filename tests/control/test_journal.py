"""The journal: what is read back is what was written; numbers reserved once are never used again."""

from pathlib import Path

import pytest

from app.control.journal import Began, Happened, Intended, IntentJournal, Line, Reserved, read_journal
from app.engine.errors import DecodeError
from app.engine.switch.facts import CancelAsked, SendFix, Ticked
from tests.control.made import PROFILE, T0

LINES: list[Line] = [
    Began(1, "desk", PROFILE, 1000),
    Happened(T0, CancelAsked(order_id="O1", kill=True), 7),
    Intended(T0, 3, SendFix(kind="F", cl_ord_id="N", order_id="O1", purpose="kill", fields=((11, "N"), (54, "2")))),
    Happened(T0, Ticked()),
]


def kept(path: Path) -> None:
    """A journal of these lines."""
    journal = IntentJournal(path)
    for line in LINES:
        journal.write(line)
    journal.sync()
    journal.close()
    journal.close()


def test_that_lines_come_back_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "intents.log"
    kept(path)
    assert list(read_journal(path)) == LINES
    kept(path)
    assert list(read_journal(path)) == LINES * 2
    assert list(read_journal(tmp_path / "none")) == []


def test_that_a_line_never_finished_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "intents.log"
    kept(path)
    whole = path.read_bytes()
    for cut in (1, 20, len(whole.splitlines()[-1])):
        path.write_bytes(whole[:-cut])
        assert list(read_journal(path)) == LINES[:-1]
        assert path.read_bytes().endswith(b"\n")


def test_that_a_damaged_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "intents.log"
    kept(path)
    path.write_bytes(path.read_bytes().replace(b"CancelAsked", b"CancelAzked"))
    with pytest.raises(DecodeError, match="line 2"):
        list(read_journal(path))


def test_that_nothing_is_kept_where_nobody_asked() -> None:
    journal = IntentJournal(None)
    journal.write(LINES[0])
    journal.sync()
    journal.close()


def test_that_numbers_are_reserved_before_they_are_used(tmp_path: Path) -> None:
    path = tmp_path / "ids"
    first = Reserved(path)
    assert first.upto == 0
    first.reach(1)
    assert path.read_text() == "1001"
    first.reach(1000)
    assert path.read_text() == "1001"
    first.reach(1002)
    assert path.read_text() == "2002"
    second = Reserved(path)
    assert second.upto == 2002
    second.reach(2003)
    assert path.read_text() == "3003"
    memory = Reserved(None)
    memory.reach(5)
    assert memory.upto == 1005


def test_that_a_damaged_counter_stops_everything(tmp_path: Path) -> None:
    path = tmp_path / "ids"
    path.write_text("many")
    with pytest.raises(DecodeError, match="many"):
        Reserved(path)
