"""Every scenario of the table over the wire, against the scripted peer."""

import itertools
from collections.abc import Iterator

import pytest

from tests.parts.desk import Desk
from tests.parts.fix import Peer, Script, peer
from tests.parts.wire_cases import CASES, Case, play

pytestmark = pytest.mark.prove

__all__ = ["peer"]


@pytest.fixture(scope="module")
def desks(tmp_path_factory: pytest.TempPathFactory, peer: Peer) -> Iterator[dict[str, tuple[Desk, Script]]]:
    """A control process for each mode, with its line to the peer."""
    made = {}
    for mode in ("replace", "cancel_new"):
        client = f"WIRE-{mode}"
        desk = Desk(tmp_path_factory.mktemp(mode), peer.port, client, mode, answer_s=1.0)
        desk.start()
        desk.online()
        made[mode] = desk, peer.told(client)
    yield made
    for desk, script in made.values():
        script.close()
        desk.close()


_NUMBERS = itertools.count(1)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.mode}: {case.name}")
def test_that_a_scenario_ends_as_it_must(case: Case, desks: dict[str, tuple[Desk, Script]]) -> None:
    desk, script = desks[case.mode]
    play(case, desk, script, next(_NUMBERS))
