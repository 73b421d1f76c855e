"""Sessions of every kind against the scripted peer: versions, TLS, mass cancels, one's own orders, what is on disk."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.control.process import user_name
from app.engine.switch.facts import Target
from tests.parts.desk import QTY, TAGS, Desk
from tests.parts.fix import Peer, own_peer, peer
from tests.parts.wire_rules import insist
from tests.patience import eventually

pytestmark = pytest.mark.prove

__all__ = ["own_peer", "peer"]


@pytest.fixture
def desks() -> Iterator[list[Desk]]:
    """What is to be closed."""
    kept: list[Desk] = []
    yield kept
    for desk in kept:
        desk.close()


def client_of(folder: Path) -> str:
    """A name no other session has."""
    return f"S{os.getpid()}-{folder.name}"[-60:]


@pytest.mark.parametrize("version", ["FIX.4.2", "FIX.4.4", "FIX.5.0SP2"])
def test_that_every_version_switches_fills_busts_and_cancels(
    version: str, tmp_path: Path, peer: Peer, desks: list[Desk]
) -> None:
    desk = Desk(tmp_path, peer.port, client_of(tmp_path), version=version)
    desks.append(desk)
    desk.start()
    desk.online()
    script = peer.told(client_of(tmp_path))
    script.order("O1", "A1", QTY, TAGS.format(parent="P1"))
    desk.working()
    script.on("G", "pending fill=100 accept")
    desk.switch()
    assert desk.reached("R5").words == "switched"
    script.do("O1", "fill=50 bust")
    desk.until(lambda order: order.cum == 100)
    desk.client.cancel("O1")
    desk.reached("K5")
    insist(desk, script, "P1")
    begin = "FIXT.1.1" if version.startswith("FIX.5") else version
    assert {tags[8] for tags in script.received()} == {begin}
    script.close()


def test_that_tls_is_spoken_with_whom_the_certificate_names_and_with_nobody_else(
    tmp_path: Path, own_peer: Peer, desks: list[Desk]
) -> None:
    good: dict[str, Any] = {"target": "EMSS", "tls": True, "ca": str(own_peer.authority)}
    desk = Desk(tmp_path / "good", own_peer.port + 1, "TLS-1", **good)
    desks.append(desk)
    desk.start()
    desk.online()
    bad = Desk(tmp_path / "bad", own_peer.port + 1, "TLS-2", **(good | {"ca": str(own_peer.stranger())}))
    desks.append(bad)
    bad.start()
    eventually(lambda: [s for s in bad.control.steps if "verif" in s.words.lower() or "not reached" in s.words], 30)
    assert not bad.client.states().online
    plain = Desk(tmp_path / "plain", own_peer.port + 1, "TLS-3", target="EMSS")
    desks.append(plain)
    plain.start()
    eventually(lambda: [s for s in plain.control.steps if "FIX session" in s.words], 30)
    assert not plain.client.states().online


@pytest.mark.parametrize(("answer", "sent"), [("mass", "q"), ("mass-refuse=no", "qFFF"), ("j=no", "qFFF")])
def test_that_a_kill_of_everything_is_one_message_where_the_profile_says_so(
    answer: str, sent: str, tmp_path: Path, peer: Peer, desks: list[Desk]
) -> None:
    client = client_of(tmp_path)
    desk = Desk(tmp_path, peer.port, client, more="mass_cancel = true")
    desks.append(desk)
    desk.start()
    desk.online()
    script = peer.told(client)
    for n in (1, 2, 3):
        script.order(f"O{n}", f"A{n}", QTY, TAGS.format(parent=f"P{n}"))
        desk.working(f"O{n}")
    script.on("q", answer)
    desk.client.kill()
    for n in (1, 2, 3):
        desk.reached("K5", order_id=f"O{n}")
        insist(desk, script, f"P{n}")
    assert script.kinds() == sent
    script.close()


def test_that_a_kill_of_ones_own_leaves_what_others_have(tmp_path: Path, peer: Peer, desks: list[Desk]) -> None:
    client = client_of(tmp_path)
    desk = Desk(tmp_path, peer.port, client, more="owner_tag = 20011")
    desks.append(desk)
    desk.start()
    desk.online()
    script = peer.told(client)
    for n, owner in ((1, user_name()), (2, "somebody-else")):
        script.order(f"O{n}", f"A{n}", QTY, TAGS.format(parent=f"P{n}") + f"|20011={owner}")
        desk.working(f"O{n}")
    desk.client.kill("mine")
    desk.reached("K5", order_id="O1")
    assert desk.working("O2").state == "R0"
    desk.client.kill("instrument:TECH")
    desk.reached("K5", order_id="O2")
    assert script.kinds() == "FF"
    script.close()


def test_that_a_short_sale_without_a_locate_is_refused_before_anything_is_sent(
    tmp_path: Path, peer: Peer, desks: list[Desk]
) -> None:
    client = client_of(tmp_path)
    desk = Desk(tmp_path, peer.port, client)
    desks.append(desk)
    desk.start()
    desk.online()
    script = peer.told(client)
    script.order("O1", "A1", QTY, TAGS.format(parent="P1").replace("54=2", "54=5"))
    order = desk.working()
    shown = desk.client.switch("O1", order.version, Target(strategy="PASSIVE"))
    failed = {check.name: check.words for check in shown.checks if check.verdict == "fail"}
    assert "locate" in failed["short sale"]
    assert script.kinds() == ""
    script.close()


def test_that_the_intent_is_on_disk_before_a_byte_is_on_the_wire(tmp_path: Path, peer: Peer, desks: list[Desk]) -> None:
    client = client_of(tmp_path)
    desk = Desk(tmp_path / "desk", peer.port, client)
    desks.append(desk)
    trace = tmp_path / "trace"
    desk.fork(
        "strace", "-D", "-f", "-y", "-s", "4096", "-o", str(trace), "-e", "trace=write,fsync,fdatasync,sendto,send"
    )
    desk.online()
    script = peer.told(client)
    script.order("O1", "A1", QTY, TAGS.format(parent="P1"))
    desk.working()
    desk.switch()
    desk.reached("R5")
    desk.client.cancel("O1")
    desk.reached("K5")
    sent = [tags[11] for tags in script.received()]
    script.close()
    desk.stop()
    assert len(sent) == 2
    lines = trace.read_text("latin-1").splitlines()
    for cl_ord_id in sent:
        assert order_of_calls(lines, cl_ord_id)[:3] == ["written", "synced", "sent"]


def order_of_calls(lines: list[str], cl_ord_id: str) -> list[str]:
    """What the system was asked to do with one intent, in its order."""
    found: list[str] = []
    for line in lines:
        journal = "intents.log" in line
        if "write(" in line and journal and "Intended" in line and cl_ord_id in line:
            found.append("written")
        elif "fsync(" in line and journal and found == ["written"]:
            found.append("synced")
        elif ("sendto(" in line or "send(" in line) and f"11={cl_ord_id}" in line:
            found.append("sent")
    return found
