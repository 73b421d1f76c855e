"""The evidence pack of a decision: what is in it, that it proves itself, that its hash is in the audit's chain."""

import hashlib
import zipfile
from pathlib import Path

import msgspec
import pytest

from app.control.audit import verify
from app.control.decisions import decision, lines_of
from app.control.inline import Act
from app.engine.errors import SettingsError
from app.engine.switch.facts import Target
from app.engine.units import SECOND
from app.session import decision_pack
from app.session.decision_pack import pack
from app.session.lookback import LookbackClient
from app.session.runtime_folder import RuntimeFolder, Session
from tests.command import scorecard
from tests.control.made import T0, MadeDesk, MadeFeed, inline, run

AT = T0 + 30 * SECOND
MARKS = [[1, AT - SECOND, "aa"], [2, AT + SECOND, "bb"]]


@pytest.fixture
def folder(tmp_path: Path) -> RuntimeFolder:
    """A runtime folder after a session with one switch."""
    runtime = RuntimeFolder(tmp_path / "runtime")
    runtime.create()
    runtime.begin(Session(world="tech"))
    switch = inline(runtime.control)
    switch.plan(Act(AT, "TECH", "switch", Target(strategy="PASSIVE", params={"MinClip": "200"})))
    run(MadeFeed(MadeDesk(), 90), switch)
    switch.control.close()
    runtime.tape.write_bytes(b"tape")
    runtime.marks.write_bytes(b"".join(msgspec.json.encode(mark) + b"\n" for mark in MARKS) + b"torn")
    return runtime


def _files(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_that_a_pack_holds_what_was_decided_on_what_and_what_came_of_it(folder: RuntimeFolder, tmp_path: Path) -> None:
    found = pack(folder, "TECH-A1", tmp_path)
    files = _files(found.path)
    assert set(files) == {
        "decision.json", "chain.jsonl", "messages.txt", "screen.json", "data.json", "replay.txt", "manifest.json"
    }  # fmt: skip
    decided = msgspec.json.decode(files["decision.json"])
    assert decided["wish"]["target"]["strategy"] == "PASSIVE"
    assert decided["checks"]
    assert b"|35=G|" in files["messages.txt"]
    assert f"event time {AT} ns".encode() in files["replay.txt"]
    data = msgspec.json.decode(files["data.json"])
    assert data["session"]["world"] == "tech"
    assert data["run_hash_marks_before"] == ['[1,1767623429000000000,"aa"]']
    assert data["audit"]["problems"] == []


def test_that_its_manifest_and_its_hash_prove_it(folder: RuntimeFolder, tmp_path: Path) -> None:
    found = pack(folder, "TECH-A1", tmp_path)
    files = _files(found.path)
    manifest = msgspec.json.decode(files.pop("manifest.json"))
    assert manifest == {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    assert hashlib.sha256(found.path.read_bytes()).hexdigest() == found.sha256
    last = lines_of(folder.control / "audit.log")[-1].entry
    assert (last["what"], last["entry"]["sha256"]) == ("pack", found.sha256)
    assert verify(folder.control / "audit.log")[1] == []


def test_that_what_it_cannot_hold_is_said_not_invented(folder: RuntimeFolder, tmp_path: Path) -> None:
    found = pack(folder, "TECH-A1", tmp_path)
    screen = msgspec.json.decode(_files(found.path)["screen.json"])
    assert (screen["board"], screen["parent_id"]) == (None, "TECH")
    assert screen["why"] in found.missing[0]
    assert "the past cannot be asked" in screen["why"]


def test_that_the_screen_is_the_parents_row_as_it_was(
    folder: RuntimeFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.api.made import MadeBoard

    board = MadeBoard(tmp_path / "then", 2)
    monkeypatch.setattr(LookbackClient, "desk_as_of", lambda self, ts_ns: tmp_path / "then")
    shown, why = decision_pack.screen(folder, AT, "P1")
    assert why == ""
    assert shown is not None
    assert (shown["parent_id"], shown["desk"], shown["filled_qty"], shown["twap"]) == ("P1", "swaps", 20, None)
    assert decision_pack.screen(folder, AT, "PX") == (None, "the board did not have this parent then")
    board.close()


def test_that_the_same_files_give_the_same_bytes(folder: RuntimeFolder) -> None:
    found = decision(folder.control / "audit.log", "TECH-A1")
    once, again = (decision_pack.zipped(decision_pack.contents(folder, found)[0]) for _ in range(2))
    assert once == again


def test_that_a_broken_chain_is_in_the_pack(folder: RuntimeFolder, tmp_path: Path) -> None:
    log = folder.control / "audit.log"
    log.write_bytes(log.read_bytes().replace(b'"PASSIVE"', b'"AGGRESS"', 1))
    found = decision(log, "TECH-A1")
    data = msgspec.json.decode(decision_pack.contents(folder, found)[0]["data.json"])
    assert any("changed" in problem for problem in data["audit"]["problems"])


def test_that_the_commands_export_and_pack(
    folder: RuntimeFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log, out = folder.control / "audit.log", tmp_path / "lines.csv"
    assert scorecard("audit", "export", log, "--out", out) == 0
    assert len(out.read_text().splitlines()) == len(log.read_text().splitlines()) + 1
    assert "the chain holds" in capsys.readouterr().err
    assert scorecard("audit", "export", log, "--as", "jsonl") == 0
    assert capsys.readouterr().out == log.read_text()
    assert scorecard("audit", "pack", "TECH-A1", "--runtime", folder.path, "--out", tmp_path / "one.zip") == 0
    assert (tmp_path / "one.zip").exists()
    said = capsys.readouterr().out
    assert "sha256" in said
    assert "missing: screen.json" in said
    assert scorecard("audit", "export", log, "--as", "xml") == 2
    assert scorecard("audit", "export", log, "--since", "yesterday") == 2
    assert scorecard("audit", "pack", "nobody", "--runtime", folder.path) == 2
    log.write_bytes(log.read_bytes().replace(b'"PASSIVE"', b'"AGGRESS"', 1))
    assert scorecard("audit", "export", log, "--since", "2020-01-01T00:00") == 1
    assert "the chain is broken" in capsys.readouterr().err


def test_that_a_decision_that_is_not_there_is_refused(folder: RuntimeFolder, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="nobody"):
        pack(folder, "nobody", tmp_path)
