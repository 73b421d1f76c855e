"""The thread that reads one topic: messages into a mailbox, reconnected as long as it takes, never decoded here."""

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple

from app.engine.errors import FeedError, ScorecardError, SettingsError
from app.feeds.kafka.places import PATIENCE_S, Position, first_offset, lane_of
from app.feeds.kafka.wiring import client, described, library, refusal
from app.settings_sources import Kafka, KafkaSource

_AT_ONCE: Final = 500  # messages
_POLL_S: Final = 0.05
_FULL_S: Final = 0.002
_COMMIT_S: Final = 0.5
_HANDOVER_S: Final = 5.0  # for what was read of a partition to get onto the tape before another engine has it
_HELD_BYTES: Final = 64_000_000  # in the mailbox; more waits at the broker


class Message(NamedTuple):
    """One message as it came; `size` bytes, `value` is cut where that is more than the source allows."""

    partition: int
    offset: int
    value: bytes
    size: int
    stamp_ms: int


class Event(NamedTuple):
    """What became of a partition or of the line: `offset` where it begins, `high` the end of its log then."""

    kind: Literal["assigned", "revoked", "end", "up", "down", "failed", "gap"]
    partition: int = -1
    offset: int = 0
    text: str = ""
    error: ScorecardError | None = None


@dataclass(slots=True)
class Mailbox:
    """Filled by the reader, emptied by the run; `behind` are partitions that have more than has come."""

    mail: deque[Message | Event] = field(default_factory=deque)
    bytes: int = 0
    behind: set[int] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, limit: int) -> list[Message | Event]:
        """The oldest of it, no more than `limit` messages."""
        with self.lock:
            taken = [self.mail.popleft() for _ in range(min(limit, len(self.mail)))]
            self.bytes -= sum(item.size for item in taken if isinstance(item, Message))
            return taken


class TopicReader:
    """Reads a topic's partitions, all of them or those the group gives it."""

    def __init__(self, kafka: Kafka, source: KafkaSource, topic: str, wake: Callable[[], None]) -> None:
        self.box = Mailbox()
        self._kafka = kafka
        self._source = source
        self._topic = topic
        self._wake = wake
        self._stopping = threading.Event()
        self._known: dict[int, Position] = {}
        self._read: dict[int, int] = {}  # partition -> offset behind the last message put into the mailbox
        self._held: dict[int, int] = {}  # partition -> offset the tape holds everything before
        self._committed: dict[int, int] = {}
        self._commit_s = 0.0
        self._down = False
        self._consumer: Any = None
        self._thread = threading.Thread(target=self._run, name=f"kafka {topic}", daemon=True)

    def start(self, known: Mapping[int, Position]) -> None:
        """Begin behind what the tape holds, partition by partition."""
        self._known = dict(known)
        self._held = {number: place.next for number, place in known.items()}
        self._thread.start()

    def has_more(self, number: int, after: int) -> bool:
        """True when more of a partition is known to be there than what stands before offset `after`."""
        return number in self.box.behind or self._read.get(number, after) > after

    def remember(self, number: int, place: Position) -> None:
        """A partition that was given away: where it would be gone on with."""
        self._known[number] = place

    def held(self, offsets: Mapping[int, int]) -> None:
        """The tape holds everything before these offsets; called by the run."""
        self._held = {**self._held, **offsets}

    def close(self) -> None:
        """Stop; what the tape holds is committed."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(2 * PATIENCE_S)

    # -- the thread ------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            self._consumer = client(self._kafka, "Consumer", self._options())
            self._begin(self._partitions())
            while not self._stopping.is_set():
                self._turn()
            self._commit(asynchronous=False)
        except ScorecardError as error:
            self._tell(Event("failed", error=error))
        except library().KafkaException as error:
            fault = error.args[0]
            words = f"{described(self._kafka)}: topic {self._topic}: {fault.str()}"
            self._tell(Event("failed", error=refusal(self._kafka, fault) or FeedError(words)))
        finally:
            if self._consumer is not None:
                with suppress(library().KafkaException, RuntimeError):
                    self._consumer.close()

    def _options(self) -> dict[str, Any]:
        return {
            "group.id": self._source.group or self._kafka.group,
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            "auto.offset.reset": "earliest",
            "enable.partition.eof": True,
            "partition.assignment.strategy": "cooperative-sticky",
            "session.timeout.ms": 10_000,
            "heartbeat.interval.ms": 1_000,
            "max.poll.interval.ms": 86_400_000,  # an engine that stands still keeps its partitions
            "fetch.wait.max.ms": 10,
            "fetch.error.backoff.ms": 50,
            "fetch.message.max.bytes": 4_000_000,
            "queued.max.messages.kbytes": 65_536,
            "error_cb": self._line_failed,
        }

    def _partitions(self) -> list[int]:
        """The partitions to read; tries as long as no broker answers. Raises FeedError where none ever will."""
        errors = library().KafkaException
        while not self._stopping.is_set():
            try:
                found = self._consumer.list_topics(self._topic, timeout=2.0).topics[self._topic]
            except errors as error:
                fault = error.args[0]
                refused = refusal(self._kafka, fault)
                if refused is not None:
                    raise refused from None
                self._line_failed(fault)
                self._consumer.poll(0)
                self._look_for_failure()
                continue
            if found.error is not None:
                raise FeedError(f"{described(self._kafka)}: topic {self._topic}: {found.error.str()}")
            asked = self._source.partitions
            absent = sorted(set(asked) - set(found.partitions))
            if absent:
                where = f"topic {self._topic}: partitions = {list(asked)}"
                raise SettingsError(f"{where} is not allowed; allowed: {sorted(found.partitions)}")
            return sorted(asked or found.partitions)
        return []

    def _begin(self, partitions: list[int]) -> None:
        self._line_is_up()
        if self._kafka.members == "shared":
            self._consumer.subscribe([self._topic], on_assign=self._given, on_revoke=self._taken, on_lost=self._lost)
        else:
            self._consumer.assign(self._spots(partitions))

    def _spots(self, partitions: list[int]) -> list[Any]:
        """The partitions at the offsets where they are begun; the run hears of all of them at once."""
        spots, events = [], []
        for number in partitions:
            spot = library().TopicPartition(self._topic, number)
            low, high = self._consumer.get_watermark_offsets(spot, timeout=PATIENCE_S)
            known = self._known.get(number)
            at = self._held.get(number)
            if known is not None and known.begun >= 0:
                at = known.begun
            if at is None:
                at = first_offset(self._consumer, spot, self._source, low, high)
            elif at < low:
                text = f"{lane_of(self._topic, number)}: offsets {at} to {low - 1} are gone at the broker"
                events.append(Event("gap", number, low, text))
                at = low
            self._read[number] = at
            if at < high:
                self.box.behind.add(number)
            events.append(Event("assigned", number, at))
            spots.append(library().TopicPartition(self._topic, number, at))
        self._tell(*events)
        return spots

    def _turn(self) -> None:
        if self.box.bytes > _HELD_BYTES:
            self._stopping.wait(_FULL_S)
            return
        first = self._consumer.poll(_POLL_S)
        self._look_for_failure()
        if time.monotonic() - self._commit_s > _COMMIT_S:
            self._commit(asynchronous=True)
        if first is None:
            return
        messages = [first, *self._consumer.consume(_AT_ONCE, 0)]
        self._put(messages)

    def _put(self, messages: list[Any]) -> None:
        limit = self._source.message_max
        mail: list[Message | Event] = []
        size = 0
        for message in messages:
            error, number = message.error(), message.partition()
            if error is not None:
                if error.code() == library().KafkaError._PARTITION_EOF:  # noqa: SLF001 - its public name
                    mail.append(Event("end", number, message.offset()))
                    self.box.behind.discard(number)
                elif refusal(self._kafka, error) is not None:
                    raise library().KafkaException(error)
                else:
                    self._line_failed(error)
                continue
            value, offset = message.value() or b"", message.offset()
            kept = value if len(value) <= limit else value[:4096]
            mail.append(Message(number, offset, kept, len(value), message.timestamp()[1]))
            size += len(value)
            self._read[number] = offset + 1
        if mail:
            if self._down:
                self._line_is_up()
            with self.box.lock:
                self.box.mail.extend(mail)
                self.box.bytes += size
            self._look_behind({item.partition for item in mail if isinstance(item, Message)})
            self._wake()

    def _look_behind(self, partitions: set[int]) -> None:
        """Which of these have more at the broker than has come."""
        for number in partitions:
            spot = library().TopicPartition(self._topic, number)
            _, high = self._consumer.get_watermark_offsets(spot, cached=True)
            (self.box.behind.add if self._read[number] < high else self.box.behind.discard)(number)

    # -- the line --------------------------------------------------------------------------------------------------

    def _line_failed(self, error: Any) -> None:
        """Told by the client, or by a call that failed; a line that is lost is looked for again by the client."""
        refused = refusal(self._kafka, error)
        if refused is not None:
            self._tell(Event("failed", error=refused))
            self._stopping.set()
        elif not self._down and str(error.name()) in {"_ALL_BROKERS_DOWN", "_TRANSPORT", "_RESOLVE", "_TIMED_OUT"}:
            self._down = True
            self._tell(Event("down", text=f"{described(self._kafka)}: {error.str()}; tried again"))

    def _line_is_up(self) -> None:
        if self._down:  # a line is up until it is said to be down
            self._tell(Event("up"))
        self._down = False

    def _look_for_failure(self) -> None:
        """A broker that answers again without having anything new says so only when it is asked."""
        if not self._down:
            return
        with suppress(library().KafkaException):
            self._consumer.list_topics(self._topic, timeout=0.5)
            self._line_is_up()

    def _tell(self, *events: Event) -> None:
        with self.box.lock:
            self.box.mail.extend(events)
        self._wake()

    # -- the group -------------------------------------------------------------------------------------------------

    def _given(self, _consumer: Any, spots: list[Any]) -> None:
        self._consumer.incremental_assign(self._spots([spot.partition for spot in spots]))

    def _taken(self, _consumer: Any, spots: list[Any]) -> None:
        """Another engine of the group gets them, once the tape holds what was read of them."""
        numbers = [spot.partition for spot in spots]
        end = time.monotonic() + _HANDOVER_S
        while time.monotonic() < end and any(self._held.get(n, 0) < self._read[n] for n in numbers if n in self._read):
            if self._stopping.wait(0.01):
                break
        self._commit(asynchronous=False)
        self._lost(_consumer, spots)

    def _lost(self, _consumer: Any, spots: list[Any]) -> None:
        for spot in spots:
            self.box.behind.discard(spot.partition)
            self._tell(Event("revoked", spot.partition))
        with suppress(library().KafkaException):
            self._consumer.incremental_unassign(spots)

    def _commit(self, *, asynchronous: bool) -> None:
        """Tell the group what the tape holds: for people and lag monitors, and for `start = committed`."""
        self._commit_s = time.monotonic()
        ahead = {number: at for number, at in self._held.items() if self._committed.get(number) != at}
        if not ahead:
            return
        spots = [library().TopicPartition(self._topic, number, at) for number, at in ahead.items()]
        with suppress(library().KafkaException):
            self._consumer.commit(offsets=spots, asynchronous=asynchronous)
            self._committed |= ahead
