"""Cancel and kill go out while the engine, the desk or the API is dead, each killed in the middle of its work."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from app.session.api_worker import url_file
from tests.command import scorecard
from tests.parts.desk import PASSIVE, QTY, TAGS, Desk
from tests.parts.fix import Peer, Script, own_peer, peer
from tests.parts.wire_rules import insist
from tests.patience import eventually

pytestmark = pytest.mark.prove

__all__ = ["own_peer", "peer"]

_ENGINE: Final = """
import sys, time
from pathlib import Path
from tests.parts.desk import PARENTS, Board
board = Board(Path(sys.argv[1]), PARENTS)
print("up", flush=True)
time.sleep(3600)
"""
_DESK: Final = """
import sys, time
from pathlib import Path
from app.control.client import ControlClient
from tests.parts.desk import PASSIVE
client = ControlClient(Path(sys.argv[1]))
order = next(order for order in client.states().orders if order.order_id == "O1")
shown = client.switch("O1", order.version, PASSIVE)
print("up", shown.token, flush=True)
time.sleep(3600)
"""
_API: Final = "from app.session.api_worker import main; import sys; sys.exit(main(sys.argv[1:]))"


class Part:
    """A process that is there, and then is not."""

    def __init__(self, code: str, *words: Path) -> None:
        line = [sys.executable, "-c", code, *map(str, words)]
        self._process = subprocess.Popen(line, stdout=subprocess.PIPE, text=True)

    def up(self) -> list[str]:
        """Wait until it says so: its words."""
        assert self._process.stdout is not None
        return self._process.stdout.readline().split()

    def kill(self) -> None:
        """At once, without a word to anybody."""
        self._process.kill()
        self._process.wait(20)
        if self._process.stdout is not None:
            self._process.stdout.close()


@pytest.fixture
def parts() -> Iterator[list[Part]]:
    """What is to be ended."""
    kept: list[Part] = []
    yield kept
    for part in kept:
        part.kill()


@pytest.fixture
def desk(tmp_path: Path, peer: Peer, parts: list[Part]) -> Iterator[Desk]:
    """A control process of its own with a FIX session, beside an engine of its own."""
    desk = Desk(tmp_path / "run", peer.port, f"D{os.getpid()}-{tmp_path.name}"[-60:], board=False)
    engine = Part(_ENGINE, desk.runtime)
    parts.append(engine)
    assert engine.up() == ["up"]
    desk.fork()
    desk.online()
    try:
        yield desk
    finally:
        desk.close()


@pytest.fixture
def script(desk: Desk, peer: Peer) -> Iterator[Script]:
    """The broker's side of it: an order is working."""
    told = peer.told(str(desk.keys["sender"]))
    told.order("O1", "A1", QTY, TAGS.format(parent="P1"))
    desk.working()
    yield told
    told.close()


def desk_of(desk: Desk) -> Part:
    """A desk between the pre-flight of a switch and its confirmation."""
    part = Part(_DESK, desk.runtime)
    assert part.up()[0] == "up"
    return part


def api_of(desk: Desk) -> Part:
    """An API that serves."""
    tokens = desk.runtime.parent / "tokens.json"
    settings = desk.runtime.parent / "api.toml"
    settings.write_text(f'[api]\nlisten = "127.0.0.1:0"\ntokens = "{tokens}"\n')
    part = Part(_API, desk.runtime, settings)
    eventually(url_file(desk.runtime).exists, 60)
    return part


def killed(dead: str, desk: Desk, parts: list[Part]) -> None:
    """One of the parts is killed."""
    if dead == "engine":
        parts[0].kill()
        eventually(lambda: "engine" in _market(desk), 30)
    else:
        part = desk_of(desk) if dead == "desk" else api_of(desk)
        part.kill()


def _market(desk: Desk) -> str:
    """What the guard says of the market."""
    shown = desk.client.switch("O1", desk.working().version, PASSIVE)
    return next((check.words for check in shown.checks if check.name == "market" and check.verdict == "fail"), "")


@pytest.mark.parametrize("dead", ["engine", "desk", "api"])
@pytest.mark.parametrize("words", [("cancel", "O1"), ("kill", "all"), ("kill", "parent:P1")])
def test_that_what_ends_an_order_goes_out_whatever_else_is_dead(
    dead: str, words: tuple[str, str], desk: Desk, script: Script, parts: list[Part]
) -> None:
    killed(dead, desk, parts)
    assert scorecard(*words, "--runtime", desk.runtime) == 0
    assert script.kinds() == ""
    assert scorecard(*words, "--confirm", "--runtime", desk.runtime) == 0
    assert desk.reached("K5").words.startswith("cancelled")
    assert script.kinds() == "F"
    insist(desk, script, "P1")


@pytest.mark.parametrize("dead", ["engine", "desk", "api"])
def test_that_a_switch_in_flight_ends_as_it_would_have(
    dead: str, desk: Desk, script: Script, parts: list[Part]
) -> None:
    part = parts[0] if dead == "engine" else desk_of(desk) if dead == "desk" else api_of(desk)
    script.on("G", "hold accept")
    desk.switch()
    part.kill()
    script.release()
    assert desk.reached("R5").words == "switched"
    insist(desk, script, "P1")


def test_that_fills_while_the_engine_is_dead_are_kept_and_the_rest_is_killed(
    desk: Desk, script: Script, parts: list[Part]
) -> None:
    killed("engine", desk, parts)
    script.do("O1", "fill=300")
    assert desk.until(lambda order: order.cum == 300).leaves == QTY - 300
    assert scorecard("kill", "instrument:TECH", "--confirm", "--runtime", desk.runtime) == 0
    assert desk.reached("K5").cum == 300
    insist(desk, script, "P1")
