"""A session gives messages numbers of its own: rejects find their message, also after a death; warnings are kept."""

import json
from pathlib import Path

import pytest

from app.control.link import Sent, Warned
from app.control.process import heard
from app.engine.switch.states import State
from tests.control.test_core import Desk


class Wired(Desk):
    """A desk whose session puts its own header in front; its numbers are far from ours."""

    numbers = 500

    def send(self, raw: bytes) -> Sent:  # type: ignore[override]
        """The wire."""
        super().send(raw)
        self.numbers += 1
        return Sent(b"wire:" + raw, self.numbers)


@pytest.mark.parametrize("died", [False, True], ids=["alive", "after a death"])
@pytest.mark.parametrize("kind", ["3", "j"])
def test_that_a_reject_finds_its_message_by_the_number_of_the_wire(tmp_path: Path, kind: str, died: bool) -> None:
    desk = Wired(tmp_path / "control")
    desk.begin()
    desk.ask()
    assert desk.is_in(State.R1)
    if died:
        desk.control.close()
        desk = Wired(tmp_path / "control")
        desk.numbers = 600  # the session's numbers go on
        desk.control.logged_on(up=True)
    desk.hear((45, "1"), (58, "ours had this number once"), kind=kind)
    assert not desk.is_in(State.R7)
    desk.hear((45, "501"), (58, "no"), kind=kind)
    assert desk.is_in(State.R7)
    desk.control.close()


def test_that_the_audit_has_the_bytes_of_the_wire_and_every_warning(tmp_path: Path) -> None:
    desk = Wired(tmp_path / "control")
    desk.begin()
    desk.ask()
    heard(desk.control, Warned("FIX session: refused", b"8=FIX"))
    desk.control.close()
    lines = [json.loads(line) for line in (tmp_path / "control" / "audit.log").read_text().splitlines()]
    out = next(line for line in lines if line["what"] == "out")
    assert out["raw"].startswith("wire:8=FIX")
    assert out["seq"] == 501
    warning = next(line for line in lines if line["what"] == "warning")
    assert (warning["words"], warning["raw"]) == ("FIX session: refused", "8=FIX")
    assert desk.control.steps[-1].alarm == "red"
