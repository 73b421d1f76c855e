"""Results in a compacted topic: a desk's board made of them alone is that of the engine."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.board import BoardError, BoardReader
from app.engine.errors import DecodeError, FeedError, SettingsError
from app.feeds.kafka.result_rows import decoded
from app.runtime.pace import Pace
from app.session.follow import follow, place_of
from scripts.kafka import Broker
from tests.feeds.kafka.wire import lived, loaded, packed, send, small_day, topic_name

pytestmark = pytest.mark.slow
Write = Callable[..., Path]
PATIENCE_S = 120.0


def named(board: BoardReader, section: str) -> list[dict[str, Any]]:
    """Rows of a section with texts for numbers, those of other sections by their names, sorted."""
    parents = {n: board.text(int(row["parent_id"])) for n, row in enumerate(board.rows("parents"))}
    names = {n: board.text(int(row["instrument"])) for n, row in enumerate(board.rows("instruments"))}
    found = []
    for row in board.rows(section):
        said: dict[str, Any] = {}
        for name in row.dtype.names or ():
            value = row[name].item()
            if name == "parent_row":
                value = parents.get(value)
            elif section == "trace" and name == "instrument":
                value = names[value]
            elif row.dtype[name] == np.dtype("u4"):
                value = board.text(value)
            said[name] = "undefined" if value != value else value
        found.append(said)
    return sorted(found, key=repr)


def test_that_a_board_made_of_results_alone_is_the_engines_own(
    broker: Broker, settings_file: Write, tmp_path: Path
) -> None:
    name, results = topic_name(), topic_name("results")
    settings = settings_file(
        kafka={"results": results, "snapshot_ms": 50}, **{name: {"role": "both", "start": "earliest"}}
    )
    send(loaded(settings), name, packed(small_day(tmp_path / "day"), loaded(settings)))
    near, far = tmp_path / "near", tmp_path / "far"
    output_hash = lived(settings, board=str(near)).report.output_hash
    pace = Pace()
    place = f"{broker.address}/{results}"
    follower = threading.Thread(target=follow, args=(loaded(settings), place, far, pace))
    follower.start()
    end = time.monotonic() + PATIENCE_S
    while told(far, "output_hash") != output_hash:
        assert time.monotonic() < end, "the end of the results"
        time.sleep(0.02)
    pace.stop()
    follower.join(PATIENCE_S)
    ours, theirs = BoardReader(near), BoardReader(far)
    assert (theirs.meta()["state"], theirs.watermark) == ("ended", ours.watermark)
    for section in ("parents", "fills", "children", "events", "instruments", "trace"):
        assert named(theirs, section) == named(ours, section), section
    assert ours.length("fills") > 10


def told(folder: Path, key: str) -> str:
    try:
        return BoardReader(folder).meta().get(key, "")
    except BoardError:
        return ""


def test_that_a_topic_that_is_not_there_is_named(broker: Broker, settings_file: Write, tmp_path: Path) -> None:
    settings = loaded(settings_file(t={"role": "both"}))
    with pytest.raises(FeedError, match="topic none-such"):
        follow(settings, f"{broker.address}/none-such", tmp_path / "board", Pace())


@pytest.mark.parametrize("text", ["topic", "/topic", "broker:9092/"])
def test_that_a_place_without_broker_or_topic_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="BROKER:PORT/TOPIC"):
        place_of(text)
    assert place_of("a:1,b:2/t") == ("a:1,b:2", "t")


@pytest.mark.parametrize(("key", "value"), [(b"orders/1", b""), (b"parents/P1", b"x"), (b"\xff", b"\x80")])
def test_that_a_message_that_is_no_result_is_refused(key: bytes, value: bytes) -> None:
    with pytest.raises(DecodeError):
        decoded(key, value)
