"""The command line's sentences: an audit that holds or does not, a switch shown and sent."""

from pathlib import Path

from app.control.spoken import audit_verified, switched
from tests.control.engine import MadeEngine, Running
from tests.control.test_audit import kept, written
from tests.control.test_process import reached, state
from tests.patience import eventually


def test_that_an_audit_is_told_in_sentences(tmp_path: Path) -> None:
    path = tmp_path / "audit.log"
    lines = written(path)
    assert audit_verified(path) == (0, [f"{path}: 6 lines, the chain holds"])
    kept(path, lines[:2] + lines[3:])
    code, said = audit_verified(path)
    assert code == 1
    assert said == [f"{path} line 3: number 4 follows 2: 1 line(s) missing before it"]


def test_that_a_switch_is_shown_first_and_sent_when_confirmed(tmp_path: Path) -> None:
    engine = MadeEngine(tmp_path)
    running = Running(tmp_path)
    try:
        eventually(lambda: state(running.client))
        eventually(lambda: running.client.states().online)
        code, said = switched(tmp_path, "TECH", "PASSIVE", {"MinClip": "300"}, confirm=False)
        assert (code, said[-1]) == (0, "nothing was sent")
        assert "  tag 6406 : None -> 300" in said
        assert engine.desk.commands == []
        code, said = switched(tmp_path, "TECH", "PASSIVE", {}, confirm=True)
        assert code == 0
        assert said[-1].startswith("R1")
        assert reached(running.client, "R5").algo == "PASSIVE"
    finally:
        running.close()
        engine.close()


def test_that_nobody_at_home_is_a_sentence_and_a_code(tmp_path: Path) -> None:
    code, said = switched(tmp_path, "TECH", "PASSIVE", {}, confirm=True)
    assert code == 1
    assert "not running" in said[0]
