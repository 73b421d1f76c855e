"""The command line's sentences: an audit that holds or does not, a switch shown and sent."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.control.spoken import UNSENT, audit_verified, cancelled, killed, orders_told, released, switched
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
    for asked in (orders_told(tmp_path), killed(tmp_path, "all", confirm=True), released(tmp_path, "all")):
        assert (asked[0], "not running" in asked[1][0]) == (1, True)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[MadeEngine]:
    """An engine and a control process with one working order of TECH."""
    made = MadeEngine(tmp_path)
    running = Running(tmp_path)
    try:
        eventually(lambda: state(running.client))
        eventually(lambda: running.client.states().online)
        yield made
    finally:
        running.close()
        made.close()


def test_that_orders_are_listed_with_where_they_stand(engine: MadeEngine, tmp_path: Path) -> None:
    code, said = orders_told(tmp_path)
    assert code == 0
    assert re.match(r"TECH-A1 \(TECH, TECH, VWAP\): \d+ of 1000 done, \d+ left; ", said[0])
    assert said[-1] == "logged on"
    assert killed(tmp_path, "parent:OTHER", confirm=True)[0] == 0
    assert (
        "killed: parent:OTHER; `scorecard release parent:OTHER` lets new requests out again" in orders_told(tmp_path)[1]
    )
    assert released(tmp_path, "parent:OTHER") == (0, ["released: parent:OTHER"])
    assert released(tmp_path, "parent:OTHER")[0] == 1
    assert engine.desk.commands == []


def test_that_an_order_is_cancelled_only_when_confirmed_and_only_one_that_is_known(
    engine: MadeEngine, tmp_path: Path
) -> None:
    code, said = cancelled(tmp_path, "TECH-A1", confirm=False)
    assert (code, said[1:]) == (0, [UNSENT])
    code, said = cancelled(tmp_path, "TECH-A9", confirm=True)
    assert (code, "scorecard orders" in said[0]) == (1, True)
    assert engine.desk.commands == []
    code, said = cancelled(tmp_path, "TECH-A1", confirm=True)
    assert (code, said[1].startswith("K1")) == (0, True)
    eventually(lambda: engine.desk.commands == [("cancel", "TECH-A1")])


@pytest.mark.parametrize("scope", ["all", "parent:TECH", "order:TECH-A1", "instrument:TECH"])
def test_that_a_kill_shows_whom_it_means_and_goes_out_when_confirmed(
    scope: str, engine: MadeEngine, tmp_path: Path
) -> None:
    code, said = killed(tmp_path, scope, confirm=False)
    assert (code, len(said), said[-1]) == (0, 2, UNSENT)
    assert killed(tmp_path, "parent:OTHER", confirm=False) == (0, [UNSENT])
    assert engine.desk.commands == []
    code, said = killed(tmp_path, scope, confirm=True)
    assert (code, said[0]) == (0, f"kill {scope}: 1 orders not yet confirmed cancelled")
    eventually(lambda: engine.desk.commands == [("cancel", "TECH-A1")])


def test_that_a_scope_that_is_none_is_refused_in_words(engine: MadeEngine, tmp_path: Path) -> None:
    code, said = killed(tmp_path, "desk", confirm=True)
    assert (code, "allowed: all, mine, parent:ID" in said[0]) == (1, True)
    assert engine.desk.commands == []
