"""The bridge: one look a frame, one choice that outlives a new epoch, ids that are not on the board yet."""

from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.widgets.bridge import Bridge
from app.widgets.frames import FRAME
from app.widgets.pad import Pad, Pulled
from tests.widgets.conftest import Hand
from tests.widgets.filler import DAY, OPEN, Filler


class Heard:
    """What a bridge said, in order."""

    def __init__(self, bridge: Bridge) -> None:
        self.pulled: list[Pulled] = []
        self.rows: list[int] = []
        self.steps: list[str] = []
        bridge.pulled.connect(self._pulled)
        bridge.chosen.connect(self._chosen)

    def _pulled(self, pulled: Pulled) -> None:
        self.pulled.append(pulled)
        self.steps.append("pulled")

    def _chosen(self, row: int) -> None:
        self.rows.append(row)
        self.steps.append("chosen")


@pytest.fixture
def heard(bridge: Bridge) -> Heard:
    return Heard(bridge)


def test_that_nothing_is_chosen_before_the_first_look(bridge: Bridge, heard: Heard) -> None:
    bridge.choose(0)
    assert (bridge.row, bridge.wanted, heard.rows) == (-1, "", [])


def test_that_what_is_painted_before_the_first_frame_counts_too(bridge: Bridge) -> None:
    assert not FRAME.is_counting()
    bridge.start()
    assert FRAME.is_counting()
    bridge.stop()
    assert not FRAME.is_counting()


def test_that_every_look_is_told_even_when_nothing_is_new(bridge: Bridge, heard: Heard) -> None:
    looks = [bridge.look(), bridge.look(), bridge.look()]
    assert heard.pulled == looks
    assert looks[0].reset
    assert not looks[-1].reset


def test_that_the_time_is_the_clock_it_was_given(bridge: Bridge, clock: Hand) -> None:
    clock.ns = 7
    assert bridge.now() == 7


@pytest.mark.parametrize("row", [0, 1, 59])
def test_that_a_row_of_the_board_is_chosen_by_its_number(bridge: Bridge, heard: Heard, row: int) -> None:
    bridge.look()
    bridge.choose(row)
    assert (bridge.row, bridge.wanted, heard.rows) == (row, f"P{100_000 + row}", [row])


@pytest.mark.parametrize("row", [-1, 60, 10**9])
def test_that_a_row_that_is_none_leaves_the_choice_as_it_was(bridge: Bridge, heard: Heard, row: int) -> None:
    bridge.look()
    bridge.choose(3)
    bridge.choose(row)
    assert (bridge.row, bridge.wanted, heard.rows) == (3, "P100003", [3])


def test_that_the_same_choice_twice_is_told_once(bridge: Bridge, heard: Heard) -> None:
    bridge.look()
    for row in (4, 4, 5, 4):
        bridge.choose(row)
    assert heard.rows == [4, 5, 4]


def test_that_an_id_that_is_not_there_says_so_and_moves_nothing(bridge: Bridge, heard: Heard) -> None:
    bridge.look()
    bridge.choose(2)
    assert not bridge.choose_id("P999999")
    assert (bridge.row, heard.rows) == (2, [2])
    assert bridge.wanted == "P999999"


def test_that_an_id_wanted_before_the_first_look_is_chosen_with_it(bridge: Bridge, heard: Heard) -> None:
    assert not bridge.choose_id("P100007")
    bridge.look()
    assert (bridge.row, heard.rows) == (7, [7])
    assert heard.steps == ["pulled", "chosen"], "the parts know the rows before they show one"


def test_that_an_id_is_chosen_as_soon_as_its_order_is_on_the_board(
    bridge: Bridge, heard: Heard, filler: Filler, clock: Hand
) -> None:
    bridge.look()
    bridge.choose_id("P777")
    seen = [bridge.row]
    row = filler.parents[:1].copy()
    row["parent_id"] = filler.writer.intern("P777")
    filler.writer.put("parents", np.array([filler.n_parents]), row)
    filler.writer.beat(OPEN + DAY)
    clock.ns += 10**9
    bridge.look()
    seen.append(bridge.row)
    assert seen == [-1, filler.n_parents]
    assert heard.rows == [filler.n_parents]


def test_that_a_new_epoch_keeps_the_choice_by_its_id_and_not_by_its_row(
    bridge: Bridge, heard: Heard, filler: Filler, clock: Hand
) -> None:
    bridge.look()
    bridge.choose_id("P100009")
    filler.writer.close()
    again = Filler(filler.writer.folder, parents=30, points=500)
    rows = np.arange(30)
    again.writer.put("parents", rows, again.parents[::-1])  # numbered from the other end
    again.writer.beat(OPEN + DAY)
    clock.ns += 10**9
    for _ in range(5):
        bridge.look()
    again.writer.close()
    assert any(pulled.reset for pulled in heard.pulled[1:])
    assert (bridge.wanted, bridge.row) == ("P100009", 20)
    assert bridge.pad.text(int(bridge.pad.parents["parent_id"][bridge.row])) == "P100009"


def test_that_an_order_the_next_epoch_does_not_have_is_no_longer_chosen_but_still_wanted(
    bridge: Bridge, heard: Heard, filler: Filler, clock: Hand
) -> None:
    bridge.look()
    bridge.choose_id("P100050")
    filler.writer.close()
    again = Filler(filler.writer.folder, parents=10, points=500)
    clock.ns += 10**9
    for _ in range(5):
        bridge.look()
    again.writer.close()
    assert (bridge.row, bridge.wanted) == (-1, "P100050")
    assert heard.rows == [50]


def test_that_a_started_bridge_looks_by_itself_until_it_is_stopped(
    bridge: Bridge, heard: Heard, filler: Filler, clock: Hand, qtbot: QtBot
) -> None:
    bridge.start()
    qtbot.waitUntil(lambda: len(heard.pulled) >= 3)
    bridge.stop()
    seen = len(heard.pulled)
    other = Bridge(Pad(filler.writer.folder), clock)
    still = Heard(other)
    other.start()
    qtbot.waitUntil(lambda: len(still.pulled) >= 3)
    other.stop()
    assert len(heard.pulled) == seen, "the other one looked three times meanwhile"


def test_that_a_board_that_is_not_there_yet_is_looked_at_without_a_word(tmp_path: Path, clock: Hand) -> None:
    bridge = Bridge(Pad(tmp_path / "none"), clock)
    heard = Heard(bridge)
    pulled = bridge.look()
    assert len(pulled.parents) == 0
    assert (bridge.row, heard.rows) == (-1, [])
