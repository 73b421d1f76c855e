"""The audit chain: whatever is changed, taken out, doubled or moved is found; a torn end is cut off and told."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.control.audit import AuditLog, verify
from app.engine.errors import FeedError


def written(path: Path, lines: int = 6) -> list[bytes]:
    """A log of some lines, closed."""
    with AuditLog(path) as log:
        for number in range(lines):
            log.write("act", {"user": "ann", "raw": b"8=FIX\x01\xff", "k": number})
    return path.read_bytes().splitlines()


def kept(path: Path, lines: list[bytes]) -> None:
    """Write the log again."""
    path.write_bytes(b"".join(line + b"\n" for line in lines))


def test_that_an_untouched_log_verifies(tmp_path: Path) -> None:
    path = tmp_path / "audit.log"
    written(path)
    assert verify(path) == (6, [])
    with AuditLog(path) as log:
        log.write("more", {})
    assert verify(path) == (7, [])


def test_that_bytes_survive_as_text() -> None:
    log = AuditLog(None)
    log.write("in", {"raw": b"8=FIX\x01\xff"})
    log.sync()
    log.close()
    assert msgspec.json.decode(log.lines[0])["raw"].encode("latin-1") == b"8=FIX\x01\xff"


@given(line=st.integers(0, 5), at=st.integers(0, 10_000))
def test_that_any_changed_byte_is_found(tmp_path_factory: pytest.TempPathFactory, line: int, at: int) -> None:
    path = tmp_path_factory.mktemp("audit") / "audit.log"
    lines = written(path)
    changed = bytearray(lines[line])
    at %= len(changed)
    changed[at] = ord("7") if changed[at] != ord("7") else ord("8")
    lines[line] = bytes(changed)
    kept(path, lines)
    _, problems = verify(path)
    assert any(problem.line in {line + 1, line + 2} for problem in problems)


@given(line=st.integers(0, 5))
def test_that_any_missing_line_is_found(tmp_path_factory: pytest.TempPathFactory, line: int) -> None:
    path = tmp_path_factory.mktemp("audit") / "audit.log"
    lines = written(path)
    kept(path, lines[:line] + lines[line + 1 :])
    _, problems = verify(path)
    assert any("missing" in problem.what for problem in problems)


@given(order=st.permutations(range(6)))
def test_that_any_other_order_is_found(tmp_path_factory: pytest.TempPathFactory, order: list[int]) -> None:
    path = tmp_path_factory.mktemp("audit") / "audit.log"
    lines = written(path)
    kept(path, [lines[k] for k in order])
    assert (verify(path)[1] == []) == (order == sorted(order))


def test_that_a_doubled_line_and_a_rewritten_end_are_found(tmp_path: Path) -> None:
    path = tmp_path / "audit.log"
    lines = written(path)
    kept(path, [*lines, lines[-1]])
    assert "reordered or doubled" in verify(path)[1][0].what
    other = tmp_path / "other.log"
    longer = written(other)
    kept(path, [*lines[:-1], longer[-1]])
    assert any("one of the two was changed" in problem.what for problem in verify(path)[1])


def test_that_an_end_written_anew_with_a_right_chain_is_found_by_the_head(tmp_path: Path) -> None:
    path, other = tmp_path / "audit.log", tmp_path / "other.log"
    written(path, 3)
    written(other, 3)
    path.write_bytes(other.read_bytes())
    assert [problem.what for problem in verify(path)[1]] == ["the last line is not the one the head file knows"]
    (tmp_path / "audit.log.head").unlink()
    assert "head file is missing" in verify(path)[1][0].what


def test_that_a_torn_line_is_cut_off_and_told(tmp_path: Path) -> None:
    path = tmp_path / "audit.log"
    written(path)
    with path.open("ab") as file:
        file.write(b'{"n":7,"pre')
    assert verify(path)[1][0].what == "the last line is cut off"
    with AuditLog(path) as log:
        log.write("act", {})
    lines, problems = verify(path)
    assert (lines, problems) == (8, [])
    assert b'"torn"' in path.read_bytes().splitlines()[6]


def test_that_what_is_no_log_is_said(tmp_path: Path) -> None:
    with pytest.raises(FeedError, match="cannot be read"):
        verify(tmp_path / "none.log")
    path = tmp_path / "audit.log"
    lines = written(path)
    kept(path, [lines[0], b"garbage", b"[]", *lines[3:]])
    assert [problem.line for problem in verify(path)[1]] == [2, 3]


def test_that_a_log_written_but_not_synced_is_a_log(tmp_path: Path) -> None:
    path = tmp_path / "audit.log"
    log = AuditLog(path)
    log.write("act", {})
    log.sync()
    log.write("act", {})  # the process dies here: the head knows one line, the log has two
    assert verify(path) == (2, [])
    log.close()
    log.close()
