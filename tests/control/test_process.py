"""The control process over its sockets: confirm, refuse, kill with a dead engine, restart; nothing is ever assumed."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest

from app.board import BoardError, BoardReader
from app.control import process
from app.control.asks import OrderState, Refused
from app.control.audit import verify
from app.control.client import ControlClient, ControlError
from app.control.process import load_profile, user_name
from app.engine.errors import SettingsError
from app.engine.switch.facts import Target
from app.engine.switch.guard import Limits, Wish
from app.engine.units import MILLISECOND
from app.feeds.simulator.ems import Reaction, Script
from app.runtime.channel import Line
from tests.control.engine import MadeEngine, Running
from tests.patience import eventually

pytestmark = pytest.mark.slow  # processes, whole days or whole windows

PASSIVE = Target(strategy="PASSIVE", params={"MinClip": "200"})
SILENT = Script(replace=(Reaction(answer="silence"),), cancel=(Reaction(answer="silence"),))


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[list[Any]]:
    """What is to be closed, last first."""
    kept: list[Any] = []
    yield kept
    for part in reversed(kept):
        part.close()


def begun(parts: list[Any], runtime: Path, script: Script | None = None) -> tuple[MadeEngine, Running]:
    """An engine and a control process that are logged on, with the order working."""
    engine = MadeEngine(runtime, script)
    parts.append(engine)
    running = Running(runtime)
    parts.append(running)
    eventually(lambda: state(running.client))
    eventually(lambda: running.client.states().online)
    return engine, running


def state(client: ControlClient, parent: str = "TECH") -> OrderState | None:
    """The newest order of a parent."""
    with suppress(ControlError):
        return next((o for o in reversed(client.states().orders) if o.parent_id == parent), None)
    return None


def shown(client: ControlClient, target: Target = PASSIVE) -> str:
    """Token of a fresh pre-flight of a switch."""
    order = client.menu("TECH").order
    return client.switch(order.order_id, order.version, target).token


def reached(client: ControlClient, *codes: str) -> OrderState:
    """The order once it is in one of these states."""
    return eventually(lambda: found if (found := state(client)) and found.state in codes else None)


def test_that_a_confirmed_switch_is_switched(parts: list[Any], tmp_path: Path) -> None:
    engine, running = begun(parts, tmp_path)
    words = running.client.confirm(shown(running.client))
    assert words.startswith("R1")
    found = reached(running.client, "R5")
    assert (found.algo, found.words, found.alarm) == ("PASSIVE", "switched", "")
    assert engine.desk.commands == [("replace", "TECH-A1", "PASSIVE", "1000")]


def test_that_a_preflight_shows_every_tag_and_every_check(parts: list[Any], tmp_path: Path) -> None:
    _, running = begun(parts, tmp_path)
    menu = running.client.menu("TECH")
    assert {offer.strategy for offer in menu.targets} == {"VWAP", "TWAP", "POV", "PASSIVE", "SEEK"}
    assert menu.params == {"MaxPct": "30"}
    found = running.client.switch("TECH-A1", menu.order.version, PASSIVE)
    tags = {tag.tag: (tag.before, tag.after) for tag in found.tags}
    assert tags[847] == ("VWAP", "PASSIVE")
    assert tags[6406] == (None, "200")
    assert tags[9999] == ("own", "own")
    assert tags[38] == ("1000", "1000")
    assert [check.name for check in found.checks if check.verdict == "fail"] == []
    assert {"session", "market", "target", "kill switch", "version", "confirm"} <= {c.name for c in found.checks}
    assert found.effect.bps is None
    assert "not identifiable" in found.effect.words
    assert found.now.finish_ns is not None
    assert found.message == "G"


def test_that_a_preflight_is_good_once_and_only_for_what_it_showed(parts: list[Any], tmp_path: Path) -> None:
    _, running = begun(parts, tmp_path)
    token = shown(running.client)
    running.client.confirm(token)
    reached(running.client, "R5")
    with pytest.raises(ControlError, match="was used"):
        running.client.confirm(token)
    with pytest.raises(ControlError, match="unknown"):
        running.client.confirm("nonsense")


def test_that_an_order_that_changed_since_it_was_shown_is_not_switched(parts: list[Any], tmp_path: Path) -> None:
    engine, running = begun(parts, tmp_path)
    first, second = shown(running.client), shown(running.client, Target(strategy="TWAP"))
    running.client.confirm(first)
    reached(running.client, "R5")
    with pytest.raises(ControlError, match="version"):
        running.client.confirm(second)
    assert len(engine.desk.commands) == 1


def test_that_a_refusal_by_the_broker_is_verbatim(parts: list[Any], tmp_path: Path) -> None:
    _, running = begun(parts, tmp_path, Script(replace=(Reaction(answer="refuse", text="not on Fridays"),)))
    running.client.confirm(shown(running.client))
    assert "not on Fridays" in reached(running.client, "R7").words


def test_that_a_dead_engine_refuses_switches_but_not_kill(parts: list[Any], tmp_path: Path) -> None:
    engine, running = begun(parts, tmp_path)
    engine._board.close()
    eventually(lambda: "engine" in _failed(running.client).get("market", ""))
    with pytest.raises(ControlError, match="engine has ended"):
        running.client.confirm(shown(running.client))
    assert "kill all" in running.client.kill()
    assert reached(running.client, "K5").words.startswith("cancelled")
    assert engine.desk.commands == [("cancel", "TECH-A1")]


@pytest.mark.slow
def test_that_a_silent_engine_refuses_switches_but_not_cancel(parts: list[Any], tmp_path: Path) -> None:
    engine, running = begun(parts, tmp_path)
    engine.frozen.set()
    eventually(lambda: "silent" in _failed(running.client).get("market", ""))
    with pytest.raises(ControlError, match="silent"):
        running.client.confirm(shown(running.client))
    assert running.client.cancel("TECH-A1").startswith("K1")
    engine.frozen.clear()
    assert reached(running.client, "K5").leaves > 0


def _failed(client: ControlClient) -> dict[str, str]:
    order = client.menu("TECH").order
    found = client.switch(order.order_id, order.version, PASSIVE)
    return {check.name: check.words for check in found.checks if check.verdict == "fail"}


def test_that_a_kill_blocks_everything_until_it_is_released(parts: list[Any], tmp_path: Path) -> None:
    _, running = begun(parts, tmp_path, Script(cancel=(Reaction(answer="refuse", text="no"),)))
    running.client.kill("parent:TECH")
    found = reached(running.client, "K7")
    assert found.killed == "parent:TECH"
    assert found.alarm == "red"
    assert "kill switch" in _failed(running.client)
    with pytest.raises(ControlError, match="kill switch"):
        running.client.confirm(shown(running.client))
    running.client.release("parent:TECH")
    assert "kill switch" not in _failed(running.client)
    with pytest.raises(ControlError, match="scope"):
        running.client.kill("desk")


def test_that_a_lost_line_leaves_the_request_offline_until_the_broker_is_asked(
    parts: list[Any], tmp_path: Path
) -> None:
    engine, running = begun(parts, tmp_path, SILENT)
    token = shown(running.client)
    engine.frozen.set()
    running.client.confirm(token)
    engine.port.close()
    found = reached(running.client, "R3")
    assert found.alarm == "red"
    with pytest.raises(ControlError, match="not logged on"):
        running.client.confirm(shown(running.client))


def test_that_what_a_desk_may_not_know_is_refused_in_words(parts: list[Any], tmp_path: Path) -> None:
    _, running = begun(parts, tmp_path)
    client = running.client
    with pytest.raises(ControlError, match="no such order"):
        client.cancel("NONE")
    with pytest.raises(ControlError, match="no algo order"):
        client.menu("NONE")
    with pytest.raises(ControlError, match="no such order"):
        client.preflight(Wish(action="switch", order_id="NONE"))
    assert client.reconcile("TECH-A1").startswith("R0")
    line = Line(tmp_path / "sockets" / "control.json", 5.0)
    answer = msgspec.json.decode(line.ask(b"{}"), type=Refused)
    assert "not a question" in answer.words
    line.close()


def test_that_pause_and_resume_go_through_the_same_guard(parts: list[Any], tmp_path: Path) -> None:
    engine, running = begun(parts, tmp_path)
    client = running.client
    client.confirm(client.pause("TECH-A1", client.menu("TECH").order.version).token)
    assert eventually(lambda: found if (found := state(client)) and found.paused else None).words == "paused"
    failed = [c.name for c in client.pause("TECH-A1", client.menu("TECH").order.version).checks if c.verdict == "fail"]
    assert failed == ["target"]
    client.confirm(client.resume("TECH-A1", client.menu("TECH").order.version).token)
    eventually(lambda: engine.desk.commands[-1] == ("resume", "TECH-A1"))


def test_that_states_and_messages_are_on_the_control_board(parts: list[Any], tmp_path: Path) -> None:
    _, running = begun(parts, tmp_path)
    running.client.confirm(shown(running.client))
    reached(running.client, "R5")
    reader = BoardReader(tmp_path / "control")

    def published() -> dict[str, str] | None:
        reader.refresh()
        row = reader.rows("switches")
        found = (
            {name: reader.text(int(row[name][0])) for name in ("order_id", "state", "words", "algo")}
            if len(row)
            else {}
        )
        return found if found.get("state") == "R5" else None

    assert eventually(published) == {"order_id": "TECH-A1", "state": "R5", "words": "switched", "algo": "PASSIVE"}

    def exchanged() -> set[tuple[str, str]]:
        reader.refresh()
        log = reader.rows("switch_log")
        return {(reader.text(int(row["direction"])), reader.text(int(row["kind"]))) for row in log}

    eventually(lambda: {("out", "G"), ("in", "8")} <= exchanged())
    log = reader.rows("switch_log")
    raw = [reader.text(int(row["raw"])) for row in log if reader.text(int(row["kind"])) == "G"]
    assert "\x0135=G\x01" in raw[0]
    assert reader.meta()["session"] == "logged on"
    running.client.kill()
    eventually(lambda: reader.length("kills") == 1)


def test_that_the_audit_names_user_screen_guard_and_bytes(parts: list[Any], tmp_path: Path) -> None:
    engine, running = begun(parts, tmp_path)
    running.client.screen = msgspec.structs.replace(running.client.screen, generation=77, hash="abc")
    running.client.confirm(shown(running.client))
    reached(running.client, "R5")
    for part in (running, engine):
        part.close()
        parts.remove(part)
    path = tmp_path / "control" / "audit.log"
    lines, problems = verify(path)
    assert lines > 3
    assert problems == []
    entries = [msgspec.json.decode(line) for line in path.read_bytes().splitlines()]
    confirm = next(entry for entry in entries if entry["what"] == "confirm")
    assert confirm["user"] == user_name()
    assert confirm["screen"] == {"generation": 77, "hash": "abc"}
    assert [check for check in confirm["checks"] if "fail" in check.values()] == []
    assert len(confirm["checks"]) == 19
    out = next(entry for entry in entries if entry["what"] == "out")
    assert out["raw"].startswith("8=FIX.4.4\x01")
    assert out["seq"] == 1
    assert any(entry["what"] == "in" and "\x01150=5\x01" in entry["raw"] for entry in entries)


class Process:
    """A control process of its own."""

    def __init__(self, runtime: Path) -> None:
        self._process = subprocess.Popen([sys.executable, "-m", "app.control", str(runtime)])

    def kill(self) -> None:
        """As if the machine's memory had run out."""
        os.kill(self._process.pid, signal.SIGKILL)
        self._process.wait(10)

    def close(self) -> None:
        """In good order."""
        if self._process.poll() is None:
            self._process.terminate()
            assert self._process.wait(10) == 0


@pytest.mark.slow
def test_that_a_killed_process_comes_back_knowing_what_it_had_sent(parts: list[Any], tmp_path: Path) -> None:
    script = Script(replace=(Reaction(answer_ms=24_000, pending=False),))
    engine = MadeEngine(tmp_path, script, step_ns=20 * MILLISECOND)
    parts.append(engine)
    first = Process(tmp_path)
    client = ControlClient(tmp_path)
    eventually(lambda: state(client))
    client.confirm(shown(client))
    first.kill()
    second = Process(tmp_path)
    parts.append(second)
    found = reached(client, "R3", "R4", "R7", "R5")
    assert found.state in {"R3", "R4", "R7", "R5"}
    assert eventually(lambda: len(engine.feed.messages) >= 2)
    kinds = [
        message[message.index(b"\x0135=") + 4 : message.index(b"\x0135=") + 5] for _, message in engine.feed.messages
    ]
    assert kinds[:2] == [b"G", b"H"]
    assert b"D" not in kinds
    assert kinds.count(b"G") == 1
    assert reached(client, "R5").algo == "PASSIVE"  # the late answer still counts
    client.close()
    second.close()
    assert verify(tmp_path / "control" / "audit.log")[1] == []


def test_that_a_profile_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        load_profile(tmp_path / "none.toml")
    bad = tmp_path / "bad.toml"
    bad.write_text("[")
    with pytest.raises(SettingsError, match="TOML"):
        load_profile(bad)


def test_that_nobody_at_home_is_said(tmp_path: Path) -> None:
    client = ControlClient(tmp_path, 0.5)
    with pytest.raises(ControlError, match="not running"):
        client.states()
    with pytest.raises(BoardError):
        BoardReader(tmp_path / "control")


def test_that_a_damaged_audit_ends_the_process_with_a_sentence_for_its_supervisor(tmp_path: Path) -> None:
    (tmp_path / "control").mkdir()
    (tmp_path / "control" / "audit.log").write_bytes(b"this is no line of it\n")
    words = [sys.executable, "-m", "app.control", str(tmp_path)]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert "audit.log" in done.stderr
    assert "Traceback" not in done.stderr
    assert (tmp_path / "control.words").read_text("utf-8") == done.stderr.strip()


def test_that_its_limits_are_those_of_the_settings_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[Limits] = []

    class Noted:
        def __init__(self, _folder: Path, _profile: object, limits: Limits, _link: object) -> None:
            given.append(limits)

        def admit(self, *_: object) -> None:
            """Everybody."""

        def follow(self, *_: object) -> None:
            """No rules."""

        def run(self) -> None:
            """Nothing is served."""

    monkeypatch.setattr(process, "ControlProcess", Noted)
    monkeypatch.setattr("signal.signal", lambda *_: None)
    mine = tmp_path / "mine.toml"
    mine.write_text("[limits]\nhard_qty = 2e6\nwarn_qty = 10\n")
    assert process.main([str(tmp_path)]) == 0
    assert process.main([str(tmp_path), str(mine)]) == 0
    assert [limits.warn_qty for limits in given] == [Limits().warn_qty, 10]
    mine.write_text("[limits]\nhard_qty = 1\n")
    assert process.main([str(tmp_path), str(mine)]) == 1
    assert "limits.hard_qty = 1 is not allowed" in (tmp_path / "control.words").read_text()
