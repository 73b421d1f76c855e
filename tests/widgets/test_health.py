"""Trust: what is stale, halted, down or dead is grey within a second, says why, and says what mends it."""

import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from app.board import BoardWriter
from app.widgets import theme as themes
from app.widgets.bridge import Bridge
from app.widgets.format import DASH
from app.widgets.health import LIVES, STATES, compared
from app.widgets.main_window import MainWindow
from app.widgets.pad import STARTING, Pad
from app.widgets.phrase import Phrase
from app.widgets.ports import Ports
from tests.widgets.conftest import Hand
from tests.widgets.filler import DAY, OPEN, SYMBOLS, Filler
from tests.widgets.test_commands import Engine

SECOND = 10**9


def test_that_distinct_states_have_distinct_shapes() -> None:
    assert len({shape for shape, _, _ in LIVES.values()}) == len(LIVES)
    assert len({words for _, words, _ in LIVES.values()}) == len(LIVES)
    shapes = {state: shape for state, (shape, _) in STATES.items()}
    assert shapes.pop("up") == shapes["live"]
    assert len(set(shapes.values())) == len(shapes)


def test_that_a_silent_engine_greys_everything_within_a_second(window: MainWindow, clock: Hand) -> None:
    clock.ns += SECOND
    window.bridge.look()
    assert all(getattr(part, "faded", True) for part in window.parts)
    assert window.blotter.grid.faded
    assert "STALE" in window.health.life.text()


def halt(filler: Filler, symbol: str, quality: str) -> None:
    place = SYMBOLS.index(symbol)
    filler.instruments["quality"][place] = filler.writer.intern(quality)
    filler.writer.put("instruments", np.array([place]), filler.instruments[place : place + 1])
    filler.writer.beat(OPEN + DAY)


@pytest.mark.parametrize("quality", ["halt", "no_quote", "stale"])
def test_that_a_halt_greys_the_orders_of_that_market_alone(window: MainWindow, filler: Filler, quality: str) -> None:
    halt(filler, "TECH", quality)
    window.bridge.look()
    pad, grid = window.bridge.pad, window.blotter.grid
    tech = [row for row in range(len(pad.parents)) if pad.text(int(pad.parents["instrument"][row])) == "TECH"]
    expected = {row for row in tech if pad.text(int(pad.parents["state"][row])) != "done"}
    assert len(expected) < len(tech)
    assert expected
    assert grid.untrusted == expected
    assert {row for line, row in enumerate(grid.table.order.tolist()) if grid.greyed(line)} == expected
    assert not grid.faded
    halt(filler, "TECH", "good")
    window.bridge.look()
    assert grid.untrusted == set()


def test_that_a_source_that_is_down_greys_what_has_not_moved_since(window: MainWindow, filler: Filler) -> None:
    rows = window.bridge.pad.table("sources").copy()
    rows["state"][0], rows["last_ts"][0] = filler.writer.intern("down"), OPEN + DAY * 3 // 4
    filler.instruments["ts"][:] = OPEN + DAY * 3 // 4 + 1
    filler.instruments["ts"][SYMBOLS.index("AAPL")] = OPEN
    filler.writer.put("instruments", np.arange(len(SYMBOLS)), filler.instruments)
    filler.writer.put("sources", np.arange(len(rows)), rows)
    filler.writer.beat(OPEN + DAY)
    window.bridge.look()
    pad = window.bridge.pad
    grey = {pad.text(int(pad.parents["instrument"][row])) for row in window.blotter.grid.untrusted}
    assert grey == {"AAPL"}
    assert "■ down" in window.health.sources.text()


def test_that_a_source_that_lags_says_so(window: MainWindow, filler: Filler) -> None:
    rows = window.bridge.pad.table("sources").copy()
    rows["last_ts"][0] = OPEN + DAY - 7 * SECOND
    filler.writer.put("sources", np.arange(len(rows)), rows)
    filler.writer.beat(OPEN + DAY)
    window.bridge.look()
    assert "◐ lag" in window.health.sources.text()
    assert "7.0 s" in window.health.sources.text()


def test_that_the_strip_is_fitted_anew_when_a_label_needs_more_room_and_only_then(
    window: MainWindow, filler: Filler, monkeypatch: pytest.MonkeyPatch
) -> None:
    health, fitted = window.health, list[int]()
    fit = health._fit

    def counted() -> None:
        fitted.append(1)
        fit()

    monkeypatch.setattr(health, "_fit", counted)
    window.following.show_state()
    for second in range(3):
        filler.writer.beat(OPEN + DAY // 2 + second * SECOND)
        window.bridge.look()
    assert fitted == [], "a clock that ticks needs no more room"
    filler.writer.meta("session", "a session whose name is much longer than the one before")
    filler.writer.beat(OPEN + DAY)
    window.bridge.look()
    assert fitted == [1]
    health.set_compact(True)
    health.set_compact(False)
    window.following.show_state()
    assert len(fitted) == 2, "what was put away may not fit any more"


WRITE = (
    "import sys, time; from pathlib import Path; from app.board import BoardWriter\n"
    "w = BoardWriter(Path(sys.argv[1])); w.beat(10**18); print('up', flush=True)\n"
    "while True: w.heartbeat(); time.sleep(0.05)\n"
)


def test_that_the_death_of_the_engine_is_on_the_screen_within_a_second_with_its_reason(
    qtbot: QtBot, tmp_path: Path
) -> None:
    words = [sys.executable, "-c", WRITE, str(tmp_path)]
    engine = subprocess.Popen(words, stdout=subprocess.PIPE, env=dict(os.environ), text=True)
    try:
        assert engine.stdout is not None
        assert engine.stdout.readline() == "up\n"
        port = Engine()
        bridge = Bridge(Pad(tmp_path))
        window = MainWindow(bridge, themes.DARK, ports=Ports(engine=port))
        qtbot.addWidget(window)
        window.show()
        bridge.start()
        qtbot.waitUntil(lambda: "LIVE" in window.health.life.text(), timeout=20_000)
        engine.kill()
        engine.wait()
        killed = bridge.now()
        qtbot.waitUntil(lambda: "STALE" in window.health.life.text(), timeout=20_000)
        # by the screen's own clock, whatever else runs here: a frame after the pad's patience at the latest
        assert bridge.pad.pulse.words.startswith("The engine has died") or bridge.now() - killed < 2 * SECOND
        assert [window.blotter.grid.faded] == [True]
        assert "killed by signal 9" in window.alarm.text()
        QTest.mouseClick(window.alarm.restart, Qt.MouseButton.LeftButton)
        assert [port.restarts] == [1]
        with BoardWriter(tmp_path) as again:
            again.beat(10**18 + 1)
            qtbot.waitUntil(lambda: "LIVE" in window.health.life.text(), timeout=20_000)
            assert (window.blotter.grid.faded, window.alarm.isVisible()) == (False, False)
        window.close()
    finally:
        engine.kill()
        engine.communicate()


def test_that_the_badge_compares_the_run_with_its_replay(window: MainWindow, filler: Filler) -> None:
    rows = window.bridge.pad.table("sources").copy()
    rows["late"] = 0
    filler.writer.put("sources", np.arange(len(rows)), rows)
    filler.writer.meta("output_hash", "ab" * 32)
    for replayed, words in (("", "not compared"), ("ab" * 32, "● live = replay"), ("cd" * 32, "■ live ≠ replay")):
        filler.writer.meta("replay_output_hash", replayed)
        filler.writer.beat(OPEN + DAY)
        window.bridge.look()
        assert words in window.health.hashes.text()


def test_that_a_click_on_the_hashes_copies_both_in_full(window: MainWindow, filler: Filler) -> None:
    board = QApplication.clipboard()
    board.setText("before")
    for name in ("run_hash", "output_hash"):
        filler.writer.meta(name, "")
    filler.writer.beat(OPEN + DAY)
    window.bridge.look()
    QTest.mouseClick(window.health.hashes, Qt.MouseButton.LeftButton)
    assert board.text() == "before", "there is none to copy"
    for name, value in (("run_hash", "ab" * 32), ("output_hash", "cd" * 32)):
        filler.writer.meta(name, value)
    filler.writer.beat(OPEN + DAY + 1)
    window.bridge.look()
    QTest.mouseClick(window.health.hashes, Qt.MouseButton.LeftButton)
    assert "ab" * 32 in board.text()
    assert "cd" * 32 in board.text()
    assert "click" not in board.text()


@pytest.mark.parametrize(
    ("run", "output", "badge"),
    [
        (("a", "a"), ("", ""), ("● live = replay to 14:30:00", "good")),
        (("a", "a"), ("b", "b"), ("● live = replay to 14:30:00", "good")),
        (("a", "a"), ("b", "c"), ("■ live ≠ replay to 14:30:00", "red")),
        (("a", "x"), ("b", "b"), ("■ live ≠ replay to 14:30:00", "red")),
        (("", ""), ("b", ""), ("○ replay not compared", "faint")),
    ],
)
def test_that_the_badge_is_of_both_hashes_and_says_how_far(
    run: tuple[str, str], output: tuple[str, str], badge: tuple[str, str]
) -> None:
    meta = {"live_run_hash": run[0], "replay_run_hash": run[1], "live_output_hash": output[0],
            "replay_output_hash": output[1], "checked_ns": str(52_200 * SECOND)}  # fmt: skip
    assert compared(meta, "UTC") == badge


def test_that_an_offset_says_whose_it_is_and_none_says_why(window: MainWindow, filler: Filler) -> None:
    for offset, why, shown in (("", "no file", f"clock {DASH}"), ("-1300", "A: says so", "clock -1,300 ns")):
        filler.writer.meta("clock_offset_ns", offset)
        filler.writer.meta("clock_offset_why", why)
        filler.writer.beat(OPEN + DAY)
        window.bridge.look()
        assert shown in window.health.engine.text()
        assert why in window.health.engine.toolTip()


def test_that_a_constructed_session_says_so_on_the_screen(window: MainWindow, filler: Filler) -> None:
    shown = [window.note.isVisible()]
    filler.writer.meta("note", "constructed session; real orders of this size vary by <60> bps")
    filler.writer.beat(OPEN + DAY)
    window.bridge.look()
    shown.append(window.note.isVisible())
    assert shown == [False, True]
    assert window.note.text() == "constructed session; real orders of this size vary by <60> bps"


def test_that_a_board_of_the_past_says_so_and_is_never_live(window: MainWindow, filler: Filler) -> None:
    filler.writer.meta("as_of", str(OPEN))
    filler.writer.heartbeat()
    window.bridge.look()
    assert "AS IT WAS" in window.health.life.text()
    assert "nothing here is live" in window.alarm.text()
    assert not window.blotter.grid.faded


def test_that_an_engine_that_starts_is_said_to_start_and_one_that_does_not_come_up_says_why(
    qtbot: QtBot, tmp_path: Path, clock: Hand
) -> None:
    port = Engine()
    port.said = ""
    bridge = Bridge(Pad(tmp_path / "later"), clock)
    window = MainWindow(bridge, themes.DARK, ports=Ports(engine=port))
    qtbot.addWidget(window)
    window.show()
    bridge.look()
    assert window.alarm.text() == STARTING
    assert window.alarm.restart.isHidden()
    port.said = "settings.toml: speed = 'fast' is not allowed"
    clock.ns += SECOND
    bridge.look()
    assert "has not come up" in window.alarm.text()
    assert "speed = 'fast'" in window.alarm.text()
    assert not window.alarm.restart.isHidden()


def test_that_in_a_narrow_strip_whole_words_stand_beside_each_other_or_none(window: MainWindow) -> None:
    health = window.health
    seen = []
    for width in (2600, 1250, 900, 640):
        window.resize(width, 700)
        QApplication.processEvents()
        parts: tuple[Phrase | QPushButton, ...] = (*health.labels, health.view_button)
        shown = [part for part in parts if part.isVisible() and part.text()]
        places = sorted((part.x(), part.x() + part.sizeHint().width()) for part in shown)
        seen.append(len(shown))
        if width > 640:  # life, alarms and clock stay whatever the width
            assert all(one[1] <= other[0] + 1 for one, other in pairwise(places)), width
        assert {health.life, health.alarms, health.clock} <= set(shown)
    assert seen == sorted(seen, reverse=True)
    assert seen[0] > seen[-1]
