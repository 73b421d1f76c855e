"""A broker whose messages are garbled on the way never stops the session, and nothing is ever sent because of it."""

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.parts.desk import QTY, TAGS, Desk
from tests.parts.rude_ems import RudeEms

pytestmark = pytest.mark.prove


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[tuple[RudeEms, Desk]]:
    """The EMS and a desk that is logged on to it."""
    client = f"G{os.getpid()}"
    ems = RudeEms(client)
    desk = Desk(tmp_path, ems.port, client)
    desk.start()
    desk.online()
    yield ems, desk
    desk.close()
    ems.close()


def report(number: int, exec_type: str = "0", cum: int = 0) -> list[tuple[int, str]]:
    """A report on the only order."""
    own = [(int(tag), value) for tag, _, value in (part.partition("=") for part in TAGS.format(parent="P1").split("|"))]
    done = [(32, "1"), (31, "50.25")] if exec_type == "F" else []
    head = [(37, "O1"), (11, "A1"), (17, f"E{number}"), (150, exec_type), (39, "1" if cum else "0")]
    return [*head, *own, *done, (38, str(QTY)), (14, str(cum)), (151, str(QTY - cum))]


@pytest.mark.parametrize("seed", range(5))
def test_that_garbled_messages_stop_nothing(seed: int, parts: tuple[RudeEms, Desk]) -> None:
    ems, desk = parts
    dice = random.Random(seed)
    ems.say("8", report(0))
    desk.working()
    for n in range(200):
        ems.say("8", report(1_000 + n), garble=dice)
    desk.online()
    for n in range(1, 40):  # said until it is heard: what a garbled length swallowed is filled with a gap
        ems.say("8", report(5_000 + n, "F", cum=n))
        order = desk.working()
        if order.cum == n:
            break
    desk.until(lambda order: order.cum > 0)
    assert desk.working().state == "R0"
    assert not set(ems.kinds) & set("DFG")
