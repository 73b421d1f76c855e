"""Lines that break, processes that are killed: at every state, on either side; what is known afterwards is true."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from app.control.audit import verify
from tests.parts.desk import QTY, TAGS, Desk
from tests.parts.fix import Peer, own_peer, peer
from tests.parts.wire_rules import insist
from tests.patience import eventually

pytestmark = pytest.mark.prove

__all__ = ["own_peer", "peer"]


@dataclass(frozen=True, kw_only=True)
class Moment:
    """A state to be struck in: what leads there, and where it may end once both sides are back."""

    name: str
    mode: str = "replace"
    act: str = "switch"
    on: tuple[str, ...]
    state: str
    known: tuple[str, ...]  # ends where the broker knows the order and answers 35=H
    accepted: tuple[str, ...] = ()  # and where he did what he was asked while nobody listened
    alone: tuple[str, ...] = ("R8",)  # the broker has forgotten everything


MOMENTS = (
    Moment(name="idle", act="", on=(), state="R0", known=("R0",), alone=("R0",)),
    Moment(name="switch sent", on=("G hold accept",), state="R1", known=("R7",), accepted=("R5",)),
    Moment(name="switch pending", on=("G pending hold accept",), state="R2", known=("R7",), accepted=("R5",)),
    Moment(name="switched", on=(), state="R5", known=("R5",), alone=("R5",)),
    Moment(name="cancel sent", mode="cancel_new", on=("F hold accept",), state="C1", known=("R7",), accepted=("C6",)),
    Moment(
        name="cancel pending", mode="cancel_new", on=("F pending hold accept",), state="C2", known=("R7",),
        accepted=("C6",),
    ),
    Moment(
        name="new order sent", mode="cancel_new", on=("D hold new",), state="C4", known=("C6",), accepted=("C5",),
        alone=("C6",),
    ),
    Moment(name="entered anew", mode="cancel_new", on=(), state="C5", known=("C5",), alone=("C5",)),
    Moment(name="plain cancel sent", act="cancel", on=("F hold accept",), state="K1", known=("K7",), accepted=("K5",)),
    Moment(
        name="plain cancel pending", act="cancel", on=("F pending hold accept",), state="K2", known=("K7",),
        accepted=("K5",),
    ),
)  # fmt: skip


class Stage:
    """One desk, one script, the order in a state."""

    def __init__(self, folder: Path, peer: Peer, moment: Moment, *, forked: bool = False, **ems: Any) -> None:
        self.client = f"F{os.getpid()}-{folder.name}"[-60:]
        self.peer = peer
        # The answer may take as long as a restart does.
        self.desk = Desk(folder / "desk", peer.port, self.client, moment.mode, answer_s=30.0, kill_wait_s=5.0, **ems)
        if forked:
            self.desk.fork()
        else:
            self.desk.start()
        self.desk.online()
        self.script = peer.told(self.client)
        self.script.order("O1", "A1", QTY, TAGS.format(parent="P1"))
        self.desk.working()
        for words in moment.on:
            kind, _, rest = words.partition(" ")
            self.script.on(kind, rest)
        if moment.act == "switch":
            self.desk.switch()
        elif moment.act == "cancel":
            self.desk.client.cancel("O1")
        self.desk.reached(moment.state)
        if moment.on:  # it has reached the peer too
            eventually(lambda: len(self.script.received()) == len(moment.on) + (moment.state == "C4"), 20)

    def close(self) -> None:
        """The end; the audit is whole."""
        self.script.close()
        self.desk.close()


@pytest.fixture
def stages() -> Iterator[list[Stage]]:
    """What is to be closed."""
    kept: list[Stage] = []
    yield kept
    for stage in kept:
        stage.close()


def ended(stage: Stage, states: tuple[str, ...], cum: int) -> None:
    """Where it must end, with every share that was done."""
    stage.desk.until(lambda order: order.state in states and order.cum == cum)
    insist(stage.desk, stage.script, "P1")


@pytest.mark.parametrize("moment", MOMENTS, ids=lambda moment: moment.name)
@pytest.mark.parametrize("filled", [False, True], ids=["nothing happens", "filled and answered meanwhile"])
def test_that_a_line_that_breaks_loses_nothing(
    moment: Moment, filled: bool, tmp_path: Path, peer: Peer, stages: list[Stage]
) -> None:
    stage = Stage(tmp_path, peer, moment)
    stages.append(stage)
    stage.script.ask("off")
    eventually(lambda: not stage.desk.client.states().online, 20)
    if filled:
        if moment.state != "C5":
            stage.script.do("O1", "fill=100" if moment.state != "C4" else "status")
        stage.script.release()
    stage.script.ask("on-again")
    stage.desk.online()
    cum = 100 if filled and moment.state not in {"C4", "C5"} else 0
    ended(stage, (moment.accepted or moment.known) if filled else moment.known, cum)


@pytest.mark.parametrize("moment", MOMENTS, ids=lambda moment: moment.name)
def test_that_a_killed_broker_leaves_nothing_guessed(
    moment: Moment, tmp_path: Path, own_peer: Peer, stages: list[Stage]
) -> None:
    """He has forgotten every order when he is back: whatever was under way is a break, never a second order."""
    stage = Stage(tmp_path, own_peer, moment)
    stages.append(stage)
    sent = stage.script.kinds()
    own_peer.kill()
    eventually(lambda: not stage.desk.client.states().online, 20)
    own_peer.start()
    stage.desk.online()
    stage.desk.reached(*moment.alone)
    again = own_peer.told(stage.client)
    assert again.kinds() == ""
    assert sent == {"R0": "", "R5": "G", "C5": "FD", "C4": "FD"}.get(moment.state, sent)
    again.close()


@pytest.mark.parametrize("moment", MOMENTS, ids=lambda moment: moment.name)
@pytest.mark.parametrize("filled", [False, True], ids=["nothing happens", "filled and answered meanwhile"])
def test_that_a_killed_control_process_knows_what_it_knew(
    moment: Moment, filled: bool, tmp_path: Path, peer: Peer, stages: list[Stage]
) -> None:
    stage = Stage(tmp_path, peer, moment, forked=True)
    stages.append(stage)
    before = stage.script.kinds()
    stage.desk.kill()
    if filled:
        if moment.state != "C5":
            stage.script.do("O1", "fill=100" if moment.state != "C4" else "status")
        stage.script.release()
    stage.desk.fork()
    stage.desk.online()
    cum = 100 if filled and moment.state not in {"C4", "C5"} else 0
    ended(stage, (moment.accepted or moment.known) if filled else moment.known, cum)
    assert stage.script.kinds() == before  # nothing is sent by itself


@pytest.mark.parametrize("words", ["skip 5", "skip 500"])
def test_that_missing_numbers_are_asked_for_and_the_session_goes_on(
    words: str, tmp_path: Path, peer: Peer, stages: list[Stage]
) -> None:
    stage = Stage(tmp_path, peer, MOMENTS[0])
    stages.append(stage)
    stage.script.ask(*words.split())
    stage.script.do("O1", "fill=100")
    stage.desk.until(lambda order: order.cum == 100)
    stage.desk.online()
    stage.desk.switch()
    ended(stage, ("R5",), 100)


def test_that_reports_missed_while_away_come_once(tmp_path: Path, peer: Peer, stages: list[Stage]) -> None:
    stage = Stage(tmp_path, peer, MOMENTS[0])
    stages.append(stage)
    for _ in range(3):
        stage.script.ask("drop")
        stage.script.do("O1", "fill=100 fill=50 bust again")
        eventually(lambda: not stage.desk.client.states().online, 20)
        stage.desk.online()
    ended(stage, ("R0",), 300)


def test_that_numbers_begun_anew_at_each_logon_lose_no_order(tmp_path: Path, peer: Peer, stages: list[Stage]) -> None:
    stage = Stage(tmp_path, peer, MOMENTS[1], reset="logon")
    stages.append(stage)
    stage.script.ask("off")
    eventually(lambda: not stage.desk.client.states().online, 20)
    stage.script.ask("on-again")
    stage.desk.online()
    stage.desk.reached("R7")
    stage.desk.switch()
    ended(stage, ("R5",), 0)


def test_that_a_number_too_low_is_said_and_nothing_is_sent(tmp_path: Path, peer: Peer, stages: list[Stage]) -> None:
    stage = Stage(tmp_path, peer, MOMENTS[0])
    stages.append(stage)
    stage.script.ask("off")
    eventually(lambda: not stage.desk.client.states().online, 20)
    out, into = stage.script.ask("numbers").split()
    stage.script.ask("sequence", f"1 {into}")
    stage.script.ask("on-again")
    said = eventually(lambda: [s.words for s in stage.desk.control.steps if "too low" in s.words], 30)
    assert said
    assert not stage.desk.client.states().online
    stage.script.ask("sequence", f"{int(out) + 10} {into}")
    stage.desk.online()
    assert stage.script.kinds() == ""


def test_that_a_kill_while_offline_goes_out_after_the_logon(tmp_path: Path, peer: Peer, stages: list[Stage]) -> None:
    stage = Stage(tmp_path, peer, MOMENTS[1])
    stages.append(stage)
    stage.script.ask("off")
    eventually(lambda: not stage.desk.client.states().online, 20)
    stage.desk.client.kill("order:O1")
    assert stage.desk.working().alarm == "red"
    stage.script.ask("on-again")
    stage.desk.online()
    ended(stage, ("K5",), 0)
    assert stage.script.kinds() == "GF"


def test_that_a_process_killed_again_and_again_counts_each_fill_once(
    tmp_path: Path, peer: Peer, stages: list[Stage]
) -> None:
    stage = Stage(tmp_path, peer, MOMENTS[0], forked=True)
    stages.append(stage)
    for n in range(5):
        stage.script.do("O1", "fill=10 fill=10")
        stage.desk.kill()
        stage.script.do("O1", "fill=10")
        stage.desk.fork()
        stage.desk.online()
        stage.desk.until(lambda order, n=n: order.cum == 30 * (n + 1))  # type: ignore[misc]
    ended(stage, ("R0",), 150)
    assert not verify(stage.desk.runtime / "control" / "audit.log")[1]
