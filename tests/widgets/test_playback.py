"""Playback: what was asked for is pending until the board says it, and a time ahead is the only place to go to."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.engine.units import NULL, SECOND
from app.widgets import theme as themes
from app.widgets.pad import Life, Pulse
from app.widgets.playback import SPEEDS, PlaybackBar, Progress, progress, speed_word, time_of
from tests.widgets.handmade import Handmade

START = 1_700_145_000 * SECOND  # 2023-11-16 14:30:00 UTC
SPAN = 6 * 3600 * SECOND
FACTS = {"start_ns": str(START), "end_ns": str(START + SPAN), "state": "playing", "speed": "10"}
NEW_YORK = ZoneInfo("America/New_York")


class Plain:
    """A replay that cannot jump."""

    def __init__(self) -> None:
        self.calls: list[object] = []

    def set_speed(self, speed: float | None) -> None:
        self.calls.append(speed)

    def pause(self) -> None:
        self.calls.append("pause")

    def resume(self) -> None:
        self.calls.append("resume")


class Jumper(Plain):
    def jump(self, ts_ns: int) -> None:
        self.calls.append(("jump", ts_ns))


class Board(Handmade):
    """A board that says what it is told to."""

    def __init__(self, now: int = START + SPAN // 2, life: Life = "live", **facts: str) -> None:
        super().__init__(life)
        self.pulse = Pulse(life)
        self.now, self.facts = now, {**FACTS, **facts}

    @property
    def watermark(self) -> int:
        return self.now

    def meta(self) -> dict[str, str]:
        return self.facts


def bar_on(qtbot: QtBot, playback: Plain, board: Board | None = None) -> PlaybackBar:
    made = PlaybackBar(playback, themes.DARK)
    qtbot.addWidget(made)
    made.resize(900, 30)
    made.show()
    made.show_state(board or Board(), "")
    return made


def waits(bar: PlaybackBar) -> set[str]:
    """Texts of the buttons whose wish the board has not confirmed."""
    return {button.text() for button in (bar.play, *bar.speeds.values()) if button.property("pending")}


# -- words and times -----------------------------------------------------------------------------------------------


@given(st.integers(0, 23), st.integers(0, 59), st.integers(0, 59), st.sampled_from([UTC, NEW_YORK]))
def test_that_a_time_of_day_is_read_in_the_zone_of_the_session(
    hour: int, minute: int, second: int, zone: ZoneInfo
) -> None:
    found = time_of(f" {hour:02d}:{minute:02d}:{second:02d} ", START, zone)
    assert found is not None
    there = datetime.fromtimestamp(found // SECOND, zone)
    assert (there.hour, there.minute, there.second) == (hour, minute, second)
    assert there.date() == datetime.fromtimestamp(START // SECOND, zone).date()
    short = time_of(f"{hour}:{minute:02d}", START, zone)
    assert short is not None
    assert found - short == second * SECOND


@given(st.integers(0, 100_000), st.integers(0, 10**9))
def test_that_minutes_ahead_are_counted_from_now_to_the_nanosecond(minutes: int, ns: int) -> None:
    assert time_of(f"+{minutes}", START + ns, UTC) == START + ns + minutes * 60 * SECOND


@pytest.mark.parametrize(
    "words",
    ["+", "+-5", "+1.5", "++5", "+²", "15", "24:00", "11:60", "11:20:60", "11.20", ":", "+9999999", "+" + "9" * 5000],
    ids=lambda words: words[:12],
)
def test_that_what_is_no_time_is_none(words: str) -> None:
    assert time_of(words, START, UTC) is None


def test_that_every_speed_has_a_word_of_its_own_and_the_board_writes_the_same() -> None:
    words = [speed_word(speed) for _, speed in SPEEDS]
    assert len(set(words)) == len(words)
    assert all(speed is None or float(word) == speed for word, (_, speed) in zip(words, SPEEDS, strict=True))
    assert speed_word(2.5) == "2.5"


@given(st.integers(START - SPAN, START + 2 * SPAN))
def test_that_progress_is_a_share_of_the_way_and_never_beyond_its_ends(now: int) -> None:
    share, words = progress(now, FACTS, "")
    assert 0.0 <= share <= 1.0
    assert share == pytest.approx(min(max((now - START) / SPAN, 0.0), 1.0))
    assert words.endswith("% of 6 h 00 min")
    assert words.startswith(datetime.fromtimestamp(now // SECOND, UTC).strftime("%H:%M:%S"))


@pytest.mark.parametrize(
    "facts",
    [{}, {"start_ns": str(START)}, {"start_ns": "soon", "end_ns": str(START)}, {"start_ns": "5", "end_ns": "5"},
     {"start_ns": str(START + 1), "end_ns": str(START)}],
)  # fmt: skip
def test_that_a_way_without_ends_has_its_time_and_no_share(facts: dict[str, str]) -> None:
    assert progress(START, facts, "America/New_York") == (0.0, "09:30:00")
    assert progress(NULL, facts, "") == (0.0, "not started")


# -- the bar -------------------------------------------------------------------------------------------------------


def test_that_a_speed_is_pending_until_the_board_says_it(qtbot: QtBot) -> None:
    player = Plain()
    bar = bar_on(qtbot, player)
    assert bar.speeds["10"].isChecked()
    QTest.mouseClick(bar.speeds["flat"], Qt.MouseButton.LeftButton)
    assert player.calls == [None]
    bar.show_state(Board(), "")
    assert waits(bar) == {"Flat out"}, "the board still says 10"
    bar.show_state(Board(speed="flat"), "")
    assert waits(bar) == set()
    assert [word for word, button in bar.speeds.items() if button.isChecked()] == ["flat"]


def test_that_pause_is_pending_until_the_board_says_it_and_then_play_is_offered(qtbot: QtBot) -> None:
    player = Plain()
    bar = bar_on(qtbot, player)
    QTest.mouseClick(bar.play, Qt.MouseButton.LeftButton)
    bar.show_state(Board(), "")
    assert (bar.play.text(), waits(bar)) == ("Pause", {"Pause"})
    bar.show_state(Board(state="paused"), "")
    assert (bar.play.text(), waits(bar)) == ("Play", set())
    QTest.mouseClick(bar.play, Qt.MouseButton.LeftButton)
    assert waits(bar) == {"Play"}
    bar.show_state(Board(), "")
    assert (bar.play.text(), waits(bar)) == ("Pause", set())
    assert player.calls == ["pause", "resume"]


@pytest.mark.parametrize("board", [Board(state="ended"), Board(life="ended")])
def test_that_a_replay_that_has_ended_can_be_asked_nothing(qtbot: QtBot, board: Board) -> None:
    player = Plain()
    bar = bar_on(qtbot, player, board)
    assert bar.play.text() == "Ended"
    for button in (bar.play, *bar.speeds.values()):
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert player.calls == []


@pytest.mark.parametrize(
    ("speed", "steps", "expected"),
    [("1", -1, 1.0), ("1", 1, 10.0), ("10", 1, 60.0), ("60", 1, None), ("flat", 1, None), ("flat", -1, 60.0),
     ("flat", -9, 1.0), ("2.5", 1, 10.0)],
)  # fmt: skip
def test_that_the_next_speed_stops_at_both_ends(qtbot: QtBot, speed: str, steps: int, expected: float | None) -> None:
    player = Plain()
    bar_on(qtbot, player, Board(speed=speed)).change_speed(steps)
    assert player.calls == [expected]


def test_that_only_what_lies_ahead_can_be_gone_to(qtbot: QtBot) -> None:
    player, now = Jumper(), START + SPAN // 2
    bar = bar_on(qtbot, player)
    assert [bar.jump_to(ts) for ts in (NULL, START, now - 1, now, now + 1)] == [False, False, False, False, True]
    assert player.calls == [("jump", now + 1)]
    bar.show_state(Board(now=NULL), "")
    assert not bar.jump_to(now + 1), "nothing has begun"


def test_that_a_replay_that_cannot_jump_says_so_and_is_not_asked(qtbot: QtBot) -> None:
    player = Plain()
    bar = bar_on(qtbot, player)
    assert not bar.jump.isEnabled()
    assert bar.jump.toolTip() == "this replay cannot jump"
    assert not bar.jump_to(START + SPAN)
    bar.progress.asked.emit(0.99)
    assert player.calls == []


def test_that_a_refused_time_stays_to_be_mended_and_an_accepted_one_goes(qtbot: QtBot) -> None:
    player = Jumper()
    bar = bar_on(qtbot, player)
    for words, left, refused in (("+²", "+²", True), ("+15", "", False)):
        bar.jump.setText(words)
        QTest.keyClick(bar.jump, Qt.Key.Key_Return)
        assert (bar.jump.text(), bar.jump.property("refused")) == (left, refused)
    assert player.calls == [("jump", START + SPAN // 2 + 15 * 60 * SECOND)]


def test_that_a_click_on_a_way_without_ends_goes_nowhere(qtbot: QtBot) -> None:
    player = Jumper()
    bar = bar_on(qtbot, player, Board(end_ns=""))
    bar.progress.asked.emit(0.99)
    assert player.calls == []


def test_that_a_click_asks_for_its_share_of_the_width_with_the_left_button_alone(qtbot: QtBot) -> None:
    made, asked = Progress(themes.DARK), list[float]()
    qtbot.addWidget(made)
    made.resize(400, 22)
    made.asked.connect(asked.append)
    for button in (Qt.MouseButton.RightButton, Qt.MouseButton.LeftButton):
        QTest.mouseClick(made, button, Qt.KeyboardModifier.NoModifier, made.rect().center())
    assert asked == [pytest.approx(made.rect().center().x() / 400)]
