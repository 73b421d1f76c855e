"""The words of the control process: a switch is shown before it is sent, an audit is read to its last line."""

from pathlib import Path
from typing import Any

import pytest

from app.cli import switching
from app.control.audit import AuditLog
from tests.command import scorecard


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What the control process would have been asked."""
    said: list[Any] = []

    def switched(*words: Any, confirm: bool) -> tuple[int, list[str]]:
        said.append((*words, confirm))
        return 0, ["one", "two"]

    monkeypatch.setattr(switching, "switched", switched)
    return said


def test_that_a_switch_is_not_sent_unless_it_is_confirmed(
    asked: list[Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert scorecard("switch", "P1", "PASSIVE", "--runtime", tmp_path) == 0
    assert (
        scorecard("switch", "P1", "POV", "--set", "Pct=10", "--set", "Note=a=b", "--confirm", "--runtime", tmp_path)
        == 0
    )
    assert asked == [
        (tmp_path, "P1", "PASSIVE", {}, False),
        (tmp_path, "P1", "POV", {"Pct": "10", "Note": "a=b"}, True),
    ]
    assert capsys.readouterr().out == "one\ntwo\none\ntwo\n"


@pytest.mark.parametrize("words", [["Pct"], ["=10"], ["Pct=1", "Pct=2"]])
def test_that_a_parameter_that_is_none_is_named_and_nothing_is_asked(
    words: list[str], asked: list[Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [part for word in words for part in ("--set", word)]
    assert scorecard("switch", "P1", "POV", *given, "--confirm", "--runtime", tmp_path) == 2
    assert asked == []
    assert words[-1] in capsys.readouterr().err


def test_that_without_a_session_a_switch_ends_in_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert scorecard("switch", "P1", "PASSIVE", "--confirm", "--runtime", tmp_path) == 1
    said = capsys.readouterr()
    assert said.out.strip() or said.err.strip()
    assert "Traceback" not in said.out + said.err


def test_that_an_audit_is_verified_and_a_changed_line_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "audit.log"
    log = AuditLog(path)
    for n in range(3):
        log.write("asked", {"who": "me", "what": f"number {n}"})
    log.close()
    assert scorecard("audit", "verify", path) == 0
    assert "3 lines, the chain holds" in capsys.readouterr().out
    path.write_bytes(path.read_bytes().replace(b"number 1", b"number 7"))
    assert scorecard("audit", "verify", path) == 1
    assert "line 2" in capsys.readouterr().out


def test_that_orders_cancel_kill_and_release_ask_for_the_named_and_send_when_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[Any] = []

    def answer(name: str) -> Any:
        def told(*words: Any, **keys: Any) -> tuple[int, list[str]]:
            said.append((name, *words, *keys.values()))
            return 0, [name]

        return told

    for name in ("orders_told", "cancelled", "killed", "released"):
        monkeypatch.setattr(switching, name, answer(name))
    for words in (["orders"], ["cancel", "O1"], ["kill", "all"], ["kill", "mine", "--confirm"], ["release", "all"]):
        assert scorecard(*words, "--runtime", tmp_path) == 0
    assert said == [
        ("orders_told", tmp_path),
        ("cancelled", tmp_path, "O1", False),
        ("killed", tmp_path, "all", False),
        ("killed", tmp_path, "mine", True),
        ("released", tmp_path, "all"),
    ]
    assert capsys.readouterr().out.split() == [name for name, *_ in said]
