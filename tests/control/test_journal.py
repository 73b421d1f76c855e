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


@pytest.mark.parametrize("damage", [b"\xff\xfe", b"-5", b"1 2", b"", "\u0663".encode()])
def test_that_no_damage_of_the_counter_is_taken_for_a_number(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "ids"
    path.write_bytes(damage)
    with pytest.raises(DecodeError, match=r"ids: .* is not allowed; allowed: the last ClOrdID number reserved"):
        Reserved(path)
    assert path.read_bytes() == damage


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_that_a_line_of_another_kind_is_named_by_its_number(tmp_path: Path, number: int) -> None:
    path = tmp_path / "intents.log"
    kept(path)
    lines = path.read_bytes().splitlines(keepends=True)
    lines[number - 1] = b'{"type":"Elsewhere"}\n'
    path.write_bytes(b"".join(lines))
    with pytest.raises(DecodeError, match=rf"intents\.log line {number}: not a line of a control journal"):
        list(read_journal(path))


def test_that_lines_before_a_damaged_one_are_still_read(tmp_path: Path) -> None:
    path = tmp_path / "intents.log"
    kept(path)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + lines[1] + b"\xff\n")
    reading = read_journal(path)
    assert [next(reading), next(reading)] == LINES[:2]
    with pytest.raises(DecodeError, match="line 3"):
        next(reading)


def test_that_a_journal_torn_in_its_first_line_is_empty(tmp_path: Path) -> None:
    path = tmp_path / "intents.log"
    path.write_bytes(b'{"type":"Beg')
    assert list(read_journal(path)) == []
    assert path.read_bytes() == b""


def test_that_only_its_user_can_read_the_journal_and_the_counter(tmp_path: Path) -> None:
    kept(tmp_path / "intents.log")
    Reserved(tmp_path / "ids").reach(1)
    for name in ("intents.log", "ids"):
        assert (tmp_path / name).stat().st_mode & 0o077 == 0
