"""The desk's hand on a replay in another process: commands, its end, its death."""

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from app.board import BoardReader
from app.engine.errors import EngineError, FeedError
from app.runtime.pace import Pace
from app.session.engine_process import PlayedBoard, obey
from app.session.playback import Playback
from app.session.request import ReplayRequest
from tests.patience import eventually
from tests.session.small import PLAN, small_session

pytestmark = pytest.mark.slow  # processes, whole days or whole windows

# A stand-in for the engine's process: answers as told, writes down what it hears.
ANSWER = """
import sys
from pathlib import Path
request = sys.stdin.readline()
heard = Path({heard!r})
heard.write_text(request)
{then}
for line in sys.stdin:
    heard.write_text(heard.read_text() + line)
"""
PLAYING = 'print(\'{"state": "playing"}\', flush=True)'
FAILED = 'print(\'{"state": "failed", "text": "no such day"}\', flush=True); sys.exit(1)'


def stand_in(tmp_path: Path, then: str, speed: float | None = 10.0) -> Playback:
    words = [sys.executable, "-c", ANSWER.format(heard=str(tmp_path / "heard"), then=then)]
    return Playback(ReplayRequest(path="day", board=str(tmp_path / "board"), speed=speed), words)


def heard(tmp_path: Path) -> list[str]:
    path = tmp_path / "heard"
    return path.read_text().splitlines() if path.exists() else []


def test_that_the_request_is_handed_over_and_every_command_follows(tmp_path: Path) -> None:
    with stand_in(tmp_path, PLAYING) as playback:
        assert playback.state == "playing"
        playback.pause()
        playback.set_speed(2.5)
        playback.set_speed(None)
        playback.resume()
        assert (playback.speed, playback.paused) == (None, False)
        assert eventually(lambda: len(heard(tmp_path)) == 5)
    assert '"path":"day"' in heard(tmp_path)[0]
    assert heard(tmp_path)[1:] == [
        '{"speed":10.0,"paused":true}',
        '{"speed":2.5,"paused":true}',
        '{"speed":null,"paused":true}',
        '{"speed":null,"paused":false}',
    ]
    assert (playback.state, playback.problem) == ("ended", None)
    assert not playback.alive()


def test_that_a_failure_is_told_in_the_engines_own_words(tmp_path: Path) -> None:
    with pytest.raises(FeedError, match=r"^no such day$"), stand_in(tmp_path, FAILED):
        pass


def test_that_a_silent_death_names_the_log(tmp_path: Path) -> None:
    with (
        pytest.raises(FeedError, match=r"ended unexpectedly \(exit code 1\); its log is .*engine\.log"),
        stand_in(tmp_path, "raise ZeroDivisionError"),
    ):
        pass
    assert "ZeroDivisionError" in (tmp_path / "board" / "engine.log").read_text()


def test_that_a_death_while_playing_is_noticed_and_commands_do_no_harm(tmp_path: Path) -> None:
    with stand_in(tmp_path, PLAYING + "; sys.exit(3)") as playback:
        assert eventually(lambda: playback.state == "failed")
        playback.pause()
        playback.set_speed(1.0)
        assert playback.problem is not None
        assert "exit code 3" in playback.problem


def test_that_somebody_elses_prints_are_no_reports(tmp_path: Path) -> None:
    with stand_in(tmp_path, "print('hello'); print('{}'); " + PLAYING) as playback:
        assert playback.state == "playing"


def test_that_an_engine_that_does_not_answer_is_given_up_and_killed(tmp_path: Path) -> None:
    playback = stand_in(tmp_path, "")
    playback.launch()
    with pytest.raises(FeedError, match=r"not ready within 0\.2 s"):
        playback.wait_ready(0.2)
    playback.close()
    playback.close()
    assert not playback.alive()


def test_that_a_playback_needs_a_board_and_closing_one_that_never_began_is_nothing(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="board"):
        Playback(ReplayRequest(path="day"))
    stand_in(tmp_path, PLAYING).close()


def test_that_command_lines_become_the_pace_and_their_end_its_stop() -> None:
    pace = Pace(1.0)
    obey([b'{"speed": 5, "paused": false}', b'{"speed": 7.5, "paused": true}'], pace)
    assert (pace.speed, pace.paused, pace.stopped) == (7.5, True, True)
    with pytest.raises(msgspec.ValidationError):
        obey([b"{}"], other := Pace(1.0))
    assert other.stopped


def test_that_the_board_says_speed_and_state_and_its_first_beat_is_told(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    pace = Pace(60.0)
    with PlayedBoard(tmp_path / "board", pace) as board:
        board.beat(5)
        reader = BoardReader(tmp_path / "board")
        assert reader.meta() == {"state": "playing", "speed": "60"}
        pace.pause()
        pace.set_speed(None)
        board.beat(6)
        assert reader.meta() == {"state": "paused", "speed": "flat"}
    assert capfdbinary.readouterr().out == b'{"state":"playing","text":""}\n'


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_session(tmp_path_factory.mktemp("playback") / "day")


@pytest.mark.slow
def test_that_a_real_day_plays_pauses_and_ends_with_its_hashes(day: Path, tmp_path: Path) -> None:
    request = ReplayRequest(path=str(day), board=str(tmp_path / "board"), speed=PLAN.duration_s / 60)
    with Playback(request) as playback:
        reader = BoardReader(tmp_path / "board")
        before = reader.watermark
        assert eventually(lambda: reader.watermark > before)
        playback.pause()
        assert eventually(lambda: reader.meta()["state"] == "paused")
        stood: int = reader.watermark
        beat = reader.heartbeat.beats
        assert eventually(lambda: reader.heartbeat.beats > beat + 3)
        assert reader.watermark == stood
        playback.set_speed(None)
        playback.resume()
        assert eventually(lambda: playback.state == "ended")
        assert eventually(lambda: reader.meta()["state"] == "ended")
        facts = reader.meta()
        assert len(facts["output_hash"]) == len(facts["run_hash"]) == 64
        assert reader.watermark > stood
        beat = reader.heartbeat.beats
        assert eventually(lambda: reader.heartbeat.beats > beat)  # the board stays alive behind an ended day
        assert not reader.closed
    assert eventually(lambda: reader.closed)
    assert playback.problem is None
    assert (tmp_path / "board" / "engine.log").read_bytes() == b""


@pytest.mark.slow
def test_that_a_day_that_cannot_be_played_leaves_a_board_that_does_not_look_finished(tmp_path: Path) -> None:
    request = ReplayRequest(path=str(tmp_path / "nothing"), board=str(tmp_path / "board"))
    with pytest.raises(FeedError, match="nothing: there is no such file or folder"), Playback(request):
        pass
    reader = BoardReader(tmp_path / "board")
    assert reader.meta()["state"] == "failed"
    assert not reader.closed
    assert not reader.writer_alive()


@pytest.mark.slow
def test_that_the_engines_process_ends_with_the_one_that_started_it(day: Path, tmp_path: Path) -> None:
    text = f"""
import os
from app.session.playback import Playback
from app.session.request import ReplayRequest
playback = Playback(ReplayRequest(path={str(day)!r}, board={str(tmp_path / "board")!r}, speed=0.001))
playback.launch()
playback.wait_ready()
os._exit(9)
"""
    assert subprocess.run([sys.executable, "-c", text], check=False).returncode == 9
    reader = BoardReader(tmp_path / "board")
    assert eventually(lambda: reader.closed)


def test_that_the_desks_side_does_not_load_the_engine() -> None:
    text = "import sys; import app.cli, app.session.playback; print(sorted({'numba', 'PySide6'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True).stdout == "[]\n"
