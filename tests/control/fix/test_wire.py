"""A dozen scenarios over the wire, drawn by a seed from the table; `make prove-c` plays all of them."""

import itertools
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.parts.desk import Desk
from tests.parts.fix import Peer, Script, peer
from tests.parts.wire_cases import CASES, Case, play

pytestmark = pytest.mark.slow

__all__ = ["peer"]

_QUICK = [case for case in CASES if "silence" not in " ".join(case.on)]
SAMPLE = random.Random(6).sample(_QUICK, 12)
_NUMBERS = itertools.count(1)


@pytest.fixture(scope="module")
def desks(tmp_path_factory: pytest.TempPathFactory, peer: Peer) -> Iterator[dict[str, tuple[Desk, Script]]]:
    """A control process for each mode, with its line to the peer; begun when it is wanted."""
    made: dict[str, tuple[Desk, Script]] = {}

    class Begun(dict[str, tuple[Desk, Script]]):
        def __missing__(self, mode: str) -> tuple[Desk, Script]:
            folder: Path = tmp_path_factory.mktemp(mode)
            client = f"TEST-{folder.parent.name}-{mode}"
            desk = Desk(folder, peer.port, client, mode)
            desk.start()
            desk.online()
            self[mode] = made[mode] = desk, peer.told(client)
            return made[mode]

    yield Begun()
    for desk, script in made.values():
        script.close()
        desk.close()


@pytest.mark.parametrize("case", SAMPLE, ids=lambda case: f"{case.mode}: {case.name}")
def test_that_a_scenario_ends_as_it_must(case: Case, desks: dict[str, tuple[Desk, Script]]) -> None:
    desk, script = desks[case.mode]
    play(case, desk, script, next(_NUMBERS))
