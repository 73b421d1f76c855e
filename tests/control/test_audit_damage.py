"""An audit log that was tampered with: what is found, on which line, in which words; what a writer refuses to go on."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from app.control.audit import GENESIS, AuditLog, verify
from app.engine.errors import FeedError
from tests.control.test_audit import kept, written

Lines = list[bytes]


def edited(line: bytes, **values: object) -> bytes:
    """The line with other values and its old hash."""
    return msgspec.json.encode(msgspec.json.decode(line) | values)


@pytest.mark.parametrize(
    ("tamper", "line", "words"),
    [
        (lambda lines: [edited(lines[0], user="bob"), *lines[1:]], 1, "changed: its hash is another one"),
        (lambda lines: [*lines[:3], edited(lines[3], k=99), *lines[4:]], 4, "changed: its hash is another one"),
        (lambda lines: [*lines[:5], edited(lines[5], wall_ns=0)], 6, "changed: its hash is another one"),
        (lambda lines: lines[1:], 1, "number 2 follows 0: 1 line(s) missing before it"),
        (lambda lines: [*lines[:2], *lines[5:]], 3, "number 6 follows 2: 3 line(s) missing before it"),
        (lambda lines: [lines[0], lines[0], *lines[1:]], 2, "number 1 follows 1: reordered or doubled"),
        (lambda lines: [lines[0], lines[2], lines[1], *lines[3:]], 3, "number 2 follows 3: reordered or doubled"),
        (lambda lines: lines[:4], 4, "2 line(s) missing at the end"),
        (lambda _lines: [], 0, "6 line(s) missing at the end"),
        (lambda lines: [*lines[:2], b"{}", *lines[3:]], 3, "is no line of an audit log: changed"),
        (lambda lines: [*lines[:2], b"", *lines[2:]], 3, "is no line of an audit log: changed"),
    ],
)
def test_that_tampering_is_found_on_its_line_in_its_own_words(
    tmp_path: Path, tamper: Callable[[Lines], Lines], line: int, words: str
) -> None:
    path = tmp_path / "audit.log"
    kept(path, tamper(written(path)))
    found = [(problem.line, problem.what) for problem in verify(path)[1]]
    assert (line, words) in found


def test_that_a_line_taken_out_and_numbered_over_breaks_the_chain(tmp_path: Path) -> None:
    path = tmp_path / "audit.log"
    lines = written(path)
    kept(path, [*lines[:2], *(edited(line, n=n) for n, line in enumerate(lines[3:], 3))])
    problems = verify(path)[1]
    assert (3, "does not follow the line before: one of the two was changed") in [(p.line, p.what) for p in problems]
    assert sum("changed: its hash" in problem.what for problem in problems) == 3
    assert "1 line(s) missing at the end" in [problem.what for problem in problems]


def test_that_a_changed_line_is_one_problem_and_not_one_of_every_line_behind_it(tmp_path: Path) -> None:
    path = tmp_path / "audit.log"
    lines = written(path, 50)
    kept(path, [*lines[:10], edited(lines[10], user="bob"), *lines[11:]])
    assert [problem.line for problem in verify(path)[1]] == [11]


def test_that_the_first_line_follows_nothing_and_every_line_the_one_before(tmp_path: Path) -> None:
    entries = [msgspec.json.decode(line) for line in written(tmp_path / "audit.log")]
    assert [entry["prev"] for entry in entries] == [GENESIS, *(entry["hash"] for entry in entries[:-1])]
    assert [entry["n"] for entry in entries] == [1, 2, 3, 4, 5, 6]
    assert len({entry["hash"] for entry in entries}) == 6


@pytest.mark.parametrize("head", [b"", b"six abc\n", b"\xff\xfe", b"6"])
def test_that_a_damaged_head_file_is_told_and_the_chain_still_judged(tmp_path: Path, head: bytes) -> None:
    path = tmp_path / "audit.log"
    lines = written(path)
    (tmp_path / "audit.log.head").write_bytes(head)
    kept(path, lines[:2] + lines[3:])
    problems = [problem.what for problem in verify(path)[1]]
    assert "number 4 follows 2: 1 line(s) missing before it" in problems
    assert len(problems) == 2
    assert "head file" in problems[1]


def test_that_a_writer_goes_on_with_the_chain_of_the_one_before(tmp_path: Path) -> None:
    path = tmp_path / "audit.log"
    before = msgspec.json.decode(written(path)[-1])
    with AuditLog(path) as log:
        log.write("next", {})
    last = msgspec.json.decode(path.read_bytes().splitlines()[-1])
    assert (last["n"], last["prev"]) == (7, before["hash"])
    assert (tmp_path / "audit.log.head").read_text() == f"{7:012d} {last['hash']}\n"


@pytest.mark.parametrize("end", [b"garbage", b"[]", b'{"n":"7","hash":"x","prev":"y"}', b'{"n":7}'])
def test_that_a_writer_refuses_to_go_on_behind_a_line_that_is_none(tmp_path: Path, end: bytes) -> None:
    path = tmp_path / "audit.log"
    kept(path, [*written(path), end])
    before = path.read_bytes()
    with pytest.raises(FeedError, match=r"audit\.log: its last line is no line of an audit log"):
        AuditLog(path)
    assert path.read_bytes() == before


def test_that_an_empty_log_and_one_that_was_torn_at_once_begin_a_chain(tmp_path: Path) -> None:
    path = tmp_path / "audit.log"
    path.write_bytes(b"")
    with AuditLog(path) as log:
        log.write("act", {})
    assert verify(path) == (1, [])
    torn = tmp_path / "torn.log"
    torn.write_bytes(b'{"n":1,"pr')
    with AuditLog(torn) as log:
        log.write("act", {})
    assert verify(torn) == (2, [])
    first = msgspec.json.decode(torn.read_bytes().splitlines()[0])
    assert (first["what"], first["bytes"], first["prev"]) == ("torn", 10, GENESIS)


def test_that_only_its_user_can_read_the_log_and_its_head(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "audit.log"
    written(path)
    assert path.stat().st_mode & 0o077 == 0
    assert path.with_name("audit.log.head").stat().st_mode & 0o077 == 0


def test_that_two_entries_of_the_same_words_have_different_hashes() -> None:
    log = AuditLog(None)
    log.write("act", {"user": "ann"})
    log.write("act", {"user": "ann"})
    first, second = (msgspec.json.decode(line) for line in log.lines)
    assert first["hash"] != second["hash"]
    assert second["prev"] == first["hash"]
