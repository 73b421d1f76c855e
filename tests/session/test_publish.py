"""Publishing: every row of a recording once, in order and not before its time; what is wrong is said early."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import numpy as np
import pyarrow.parquet as pq
import pytest

from app.engine.errors import FeedError, ScorecardError, SettingsError
from app.engine.events import Block, no_market
from app.engine.units import SECOND
from app.engine.universe import Universe
from app.feeds.kafka.publisher import Target
from app.runtime.inbox import applied_times
from app.runtime.pace import Pace
from app.session import publish as module
from app.session.publish import Published, PublishRequest, publish, targets_of
from app.settings import load_settings
from tests.session.small import PLAN, small_session

TOPICS = """
[sources.first]
kind = "kafka"
codec = "blocks"
role = "both"
topic = "day"
[sources.second]
kind = "kafka"
codec = "blocks"
role = "orders"
[sources.raw]
kind = "kafka"
codec = "itch5"
[sources.log]
kind = "file"
path = "x"
"""


class Clock:
    """A wall whose second is over each time it is asked."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 1.0
        return self.now


class Broker:
    """What a publisher sends, without a broker; the pace may be stopped after so many blocks."""

    made: "list[Broker]"
    stop_after: int | None
    pace: Pace | None
    clock: Clock | None

    def __init__(self, _kafka: object, targets: Sequence[Target], universe: Universe) -> None:
        self.targets = targets
        self.universe = universe
        self.said: list[str] = []
        self.blocks: list[Block] = []
        self.at: list[float] = []
        self.end_ns: int | None = None
        Broker.made.append(self)

    @property
    def messages(self) -> int:
        return len(self.said)

    def reference(self) -> None:
        self.said.append("reference")

    def publish(self, block: Block) -> None:
        self.said.append("block")
        self.blocks.append(block)
        if Broker.clock is not None:
            self.at.append(Broker.clock.now)
        if Broker.pace is not None and len(self.blocks) == Broker.stop_after:
            Broker.pace.stop()

    def end(self, end_ns: int, /) -> None:
        self.said.append("end")
        self.end_ns = end_ns

    def flush(self) -> None:
        self.said.append("flush")


@pytest.fixture(autouse=True)
def broker(monkeypatch: pytest.MonkeyPatch) -> None:
    Broker.made, Broker.stop_after, Broker.pace, Broker.clock = [], None, None, None
    monkeypatch.setattr(module, "Publisher", Broker)
    monkeypatch.setattr(module, "prepared", lambda _kafka, targets, *, fresh: targets if not fresh else targets[::-1])


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_session(tmp_path_factory.mktemp("publish") / "day")


@pytest.fixture
def settings(tmp_path: Path) -> str:
    (tmp_path / "mine.toml").write_text(TOPICS)
    return str(tmp_path / "mine.toml")


def sent(request: PublishRequest, pace: Pace | None = None) -> tuple[Published | None, Broker]:
    done = publish(request, pace)
    (made,) = Broker.made
    return done, made


def test_that_every_row_is_sent_once_in_order_between_reference_and_end(day: Path, settings: str) -> None:
    done, made = sent(PublishRequest(path=str(day), settings=settings))
    assert made.said == ["reference", *["block"] * len(made.blocks), "end"]
    market = np.concatenate([no_market(), *[block.market for block in made.blocks]])
    times = pq.read_table(day / "market.parquet")["ts_event"].to_numpy()
    np.testing.assert_array_equal(np.sort(market["ts_event"]), np.sort(times))
    orders = [row for block in made.blocks for row in block.orders]
    assert len(orders) == pq.read_metadata(day / "orders.parquet").num_rows
    assert done == Published(["day", "second"], len(times), len(orders), len(made.said))
    watermarks = [block.watermark for block in made.blocks]
    assert watermarks == sorted(watermarks)
    assert made.end_ns == max(int(times.max()), *(row.ts_event for row in orders))
    assert len(made.universe.reference) == PLAN.instruments


def test_that_no_row_is_sent_before_its_time_and_the_order_stays(day: Path, settings: str) -> None:
    speed = 20.0
    Broker.clock = Clock()
    done, made = sent(PublishRequest(path=str(day), settings=settings, speed=speed), Pace(speed, Broker.clock))
    assert done is not None
    begin = int(applied_times(made.blocks[0].market)[0])
    for block, wall in zip(made.blocks, made.at, strict=True):
        assert block.watermark - begin <= wall * speed * SECOND
    assert made.at[-1] * speed > PLAN.duration_s / 2, "it has waited"
    assert done.market == pq.read_metadata(day / "market.parquet").num_rows


@pytest.mark.parametrize("after", [1, 2])
def test_that_a_stopped_publication_waits_for_what_it_sent_and_says_no_end(
    day: Path, settings: str, after: int
) -> None:
    Broker.pace, Broker.stop_after, Broker.clock = Pace(20.0, Clock()), after, None
    done, made = sent(PublishRequest(path=str(day), settings=settings), Broker.pace)
    assert done is None
    assert made.said == ["reference", *["block"] * after, "flush"]


def test_that_own_rows_from_a_file_beside_are_sent_with_the_market(day: Path, settings: str, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    shutil.copytree(day, bare)
    (bare / "orders.parquet").rename(tmp_path / "own.parquet")
    whole, _ = sent(PublishRequest(path=str(day), settings=settings))
    Broker.made.clear()
    alone, _ = sent(PublishRequest(path=str(bare), settings=settings))
    Broker.made.clear()
    beside, _ = sent(PublishRequest(path=str(bare), orders=str(tmp_path / "own.parquet"), settings=settings))
    assert alone is not None
    assert beside is not None
    assert whole is not None
    assert alone.orders == 0
    assert (beside.market, beside.orders) == (whole.market, whole.orders)


def test_that_topics_are_those_of_packed_blocks_with_their_role_and_partitions(settings: str) -> None:
    assert targets_of(load_settings(Path(settings)), 3) == [
        Target(topic="day", role="both", partitions=3), Target(topic="second", role="orders", partitions=3),
    ]  # fmt: skip


def test_that_topics_are_made_anew_only_where_that_is_asked_for(day: Path, settings: str) -> None:
    done, _ = sent(PublishRequest(path=str(day), settings=settings, fresh=True))
    assert done is not None
    assert done.topics == ["second", "day"], "as whoever makes them says"


def test_that_settings_without_such_a_topic_name_what_they_have(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('[sources.b]\nkind = "file"\npath = "x"\n[sources.a]\nkind = "kdb"\n')
    with pytest.raises(SettingsError, match=r"sources = \['a', 'b'\] is not allowed; allowed: a table"):
        targets_of(load_settings(tmp_path / "mine.toml"), 1)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({}, "nothing to publish: name a recording or a world"),
        ({"world": "nowhere"}, "nowhere"),
        ({"path": "/no/such/day"}, "there is no such file"),
        ({"path": "DAY", "format": "xml"}, "format = 'xml' is not allowed"),
        ({"path": "DAY", "orders": "/no/own.parquet"}, "own.parquet: cannot be read"),
    ],
)
def test_that_what_cannot_be_published_is_said_before_a_broker_is_asked(
    words: dict[str, str], said: str, day: Path, settings: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def asked(*_: object, **__: object) -> NoReturn:
        raise AssertionError("a broker was asked")

    monkeypatch.setattr(module, "prepared", asked)
    given = {name: str(day) if word == "DAY" else word for name, word in words.items()}
    with pytest.raises((FeedError, SettingsError, ScorecardError)) as refused:
        publish(PublishRequest(settings=settings, **given))  # type: ignore[arg-type]
    assert said in str(refused.value)
