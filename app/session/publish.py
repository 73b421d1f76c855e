"""A recording or a world's day into topics, at its own pace: what a live run then reads as it comes."""

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import NamedTuple, Protocol

import msgspec

from app.engine.errors import FeedError, SettingsError, complaint
from app.engine.events import Block
from app.engine.universe import Universe
from app.feeds.kafka.publisher import Publisher, Target, prepared
from app.feeds.kdb.publisher import ROWS_AT_ONCE
from app.feeds.kdb.sender import Sender as KdbSender
from app.feeds.simulator import open_world
from app.runtime.loop import BlockSource
from app.runtime.pace import Pace
from app.runtime.route import Route
from app.runtime.stepped import StepRoute
from app.session.formats import Sources, resolved_format
from app.settings import Settings, load_settings
from app.settings_sources import KafkaSource, KdbSource

_LOOK_S = 0.05


class PublishRequest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is published, where to ("kafka" or "kdb"): a recording (`path`) or a world; paths are text.

    `partitions` of topics that are made; `fresh`: they are made anew; `speed`: event seconds a second, None = at once.
    """

    to: str = "kafka"
    path: str | None = None
    world: str | None = None
    seed: int | None = None
    agent: bool | None = None
    format: str | None = None
    orders: str | None = None
    settings: str | None = None
    partitions: int = 1
    fresh: bool = False
    speed: float | None = None


class Sender(Protocol):
    """Where blocks go."""

    @property
    def messages(self) -> int:
        """Sent so far."""

    def reference(self) -> None:
        """Reference data, first of all."""

    def publish(self, block: Block) -> None:
        """The rows of a block. Raises FeedError."""

    def end(self, end_ns: int, /) -> None:
        """Nothing follows; returns when everything has arrived. Raises FeedError."""

    def flush(self) -> None:
        """Wait until everything has arrived. Raises FeedError."""


class Published(NamedTuple):
    """What was sent: topics, market rows, own rows, messages."""

    topics: list[str]
    market: int
    orders: int
    messages: int


def publish(request: PublishRequest, pace: Pace | None = None) -> Published | None:
    """Send it; None when `pace` was stopped on the way. Raises ScorecardError in words."""
    settings = load_settings(Path(request.settings) if request.settings else None)
    pace = pace or Pace(request.speed)
    with ExitStack() as stack:
        universe, blocks = stack.enter_context(_opened(request, settings, pace))
        first = blocks.next_ns()
        publisher, places = _sender(request, settings, universe)
        publisher.reference()
        market = orders = 0
        if first is not None:
            pace.start(first)
        while not pace.stopped:
            block = blocks.take(pace.until())
            if block is not None:
                publisher.publish(block)
                pace.reached(block.watermark)
                market, orders = market + len(block.market), orders + len(block.orders)
                continue
            ahead = blocks.next_ns()
            if ahead is None:
                publisher.end(blocks.end_ns)
                return Published(places, market, orders, publisher.messages)
            pace.wait(ahead, _LOOK_S)
        publisher.flush()
    return None


def _sender(request: PublishRequest, settings: Settings, universe: Universe) -> tuple[Sender, list[str]]:
    """What sends, and the names of the places it sends to."""
    if request.to == "kdb":
        tables = {name: source for name, source in settings.sources.items() if isinstance(source, KdbSource)}
        sender = KdbSender(tables, universe, ROWS_AT_ONCE if request.speed is None else 1)
        return sender, sender.places
    targets = prepared(settings.kafka, targets_of(settings, request.partitions), fresh=request.fresh)
    return Publisher(settings.kafka, targets, universe), [target.topic for target in targets]


def targets_of(settings: Settings, partitions: int) -> list[Target]:
    """The topics of the settings that carry packed blocks. Raises SettingsError where there is none."""
    found = [
        Target(topic=source.topic or name, role=source.role, partitions=partitions)
        for name, source in settings.sources.items()
        if isinstance(source, KafkaSource) and source.codec == "blocks"
    ]
    if not found:
        allowed = 'a table [sources.NAME] with kind = "kafka" and codec = "blocks"'
        raise SettingsError(complaint("settings", "sources", sorted(settings.sources), allowed))
    return found


@contextmanager
def _opened(request: PublishRequest, settings: Settings, pace: Pace) -> Iterator[tuple[Universe, BlockSource]]:
    """Names and blocks of what is published."""
    if request.path is None:
        if request.world is None:
            raise FeedError("nothing to publish: name a recording or a world")
        feed = open_world(request.world, request.seed, request.agent)
        yield feed.universe, StepRoute(feed, pace.stride)
        return
    path, universe = Path(request.path), Universe()
    sources = Sources(settings, request.settings)
    with closing(sources.open(path, resolved_format(path, request.format), universe)) as recording:
        if request.orders:
            sources.add_orders(recording, Path(request.orders))
        yield universe, Route(recording.market, recording.orders, settings.replay.block)
