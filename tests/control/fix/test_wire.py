"""One session over the wire: logon, one switch, one cancel and re-entry, a lost line."""

from pathlib import Path

import pytest

from tests.parts.desk import QTY, TAGS, Desk
from tests.parts.fix import Peer, peer

pytestmark = pytest.mark.slow

__all__ = ["peer"]


def test_that_a_switch_goes_over_the_wire(tmp_path: Path, peer: Peer) -> None:
    desk = Desk(tmp_path, peer.port, "T1")
    desk.start()
    desk.online()
    script = peer.told("T1")
    script.order("O1", "A1", QTY, TAGS)
    desk.switch()
    found = desk.reached("R5")
    assert found.words == "switched"
    print(script.received())
    script.close()
    desk.close()
