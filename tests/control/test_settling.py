"""The audit on disk behind the back of whoever decides."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from app.control.audit import AuditLog, verify
from app.control.settling import Settler
from tests.patience import eventually


@pytest.fixture
def audit(tmp_path: Path) -> Iterator[AuditLog]:
    log = AuditLog(tmp_path / "audit.log")
    yield log
    with suppress(OSError):
        log.close()


@pytest.fixture
def settler(audit: AuditLog) -> Iterator[Settler]:
    made = Settler(audit)
    yield made
    made.close()


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Callable[[], threading.Event]:
    """Called: from now on the disk waits until the event is set."""
    sync = os.fsync

    def shut() -> threading.Event:
        opened = threading.Event()

        def waiting(descriptor: int) -> None:
            assert opened.wait(60)
            sync(descriptor)

        monkeypatch.setattr(os, "fsync", waiting)
        return opened

    return shut


def test_that_lines_reach_the_disk_soon(audit: AuditLog, settler: Settler, tmp_path: Path) -> None:
    audit.write("in", {"raw": b"x"})
    assert not audit.settled
    settler.soon()
    eventually(lambda: audit.settled)
    assert (tmp_path / "audit.log.head").read_text().startswith("000000000001 ")


def test_that_who_waits_is_told_when_it_is_on_disk_and_not_before(
    audit: AuditLog, settler: Settler, gate: Callable[[], threading.Event]
) -> None:
    opened = gate()
    told: list[str] = []
    audit.write("confirm", {})
    settler.then(lambda: told.append("confirmed"))
    audit.write("in", {})  # whoever decides goes on
    assert told == []
    opened.set()
    eventually(lambda: told == ["confirmed"])


def test_that_nobody_waits_for_what_is_on_disk(audit: AuditLog, settler: Settler) -> None:
    told: list[str] = []
    settler.then(lambda: told.append("nothing to write"))
    assert told == ["nothing to write"]
    assert audit.settled


def test_that_a_head_never_knows_more_than_the_log(
    audit: AuditLog, settler: Settler, gate: Callable[[], threading.Event], tmp_path: Path
) -> None:
    opened = gate()
    audit.write("first", {})
    settler.soon()
    audit.write("second", {})  # while the first is on its way
    opened.set()
    settler.close()
    assert verify(tmp_path / "audit.log") == (2, [])
    assert audit.settled


def test_that_a_disk_that_fails_is_said_to_who_decides(
    audit: AuditLog, settler: Settler, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    told: list[str] = []
    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", failing)
        audit.write("confirm", {})
        settler.then(lambda: told.append("confirmed"))

        def refused() -> bool:
            try:
                settler.soon()
            except OSError as error:
                return "No space left" in str(error)
            return False

        eventually(refused)
    assert told == []
    settler.close()
    assert told == []  # whoever waits is not told of an audit that failed


def test_that_closing_tells_who_still_waits(audit: AuditLog, tmp_path: Path) -> None:
    settler = Settler(audit)
    told: list[int] = []
    for number in range(100):
        audit.write("in", {"number": number})
        settler.then(lambda number=number: told.append(number))  # type: ignore[misc]
    settler.close()
    settler.close()
    assert told == list(range(100))
    assert verify(tmp_path / "audit.log") == (100, [])
