"""Faults of a day recorded live, drawn from a seed: what is done to the messages, to the processes, to the store.

Each fault says what must be set aside because of it; everything else must be in the archive once, as it was sent.
"""

import random
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from app.session.runtime_folder import Role
from scripts.kafka import Broker
from tests.feeds.archive.store import BUCKET, LOSE, PASS, REFUSE, s3_server
from tests.feeds.kafka.faults import intruder
from tests.feeds.kafka.wire import Sent, loaded, packed, send, topic_name
from tests.parts.kafka import write_settings
from tests.parts.recording import Recorded, judge

REORDER: Final = 16  # messages held back for one that is missing
MESSAGE_MAX: Final = 200_000
_ROWS: Final = 64  # of a message
_ALL: Final[tuple[tuple[Role, ...], ...]] = (("engine",), ("archive",), ("engine", "archive"))
Messages = list[Sent | bytes]


@dataclass(slots=True, kw_only=True)
class Trial:
    """One seeded run: what is sent where, what is drawn, what is to be set aside."""

    day: Path
    work: Path
    broker: Broker
    draw: random.Random
    topic: str = field(default_factory=topic_name)
    group: str = field(default_factory=lambda: topic_name("group"))
    messages: Messages = field(default_factory=list)
    settings: Path = Path()
    sent: int = 0
    aside: list[int] = field(default_factory=list)  # offsets
    late: bool = False  # more out of order than it may be: rows are applied late
    archive: str = ""
    more: dict[str, str] = field(default_factory=dict)
    recorded: Recorded | None = None

    def prepare(self, *, shared: bool = False) -> None:
        """The settings of the recording, and the day's messages."""
        kafka = {"brokers": self.broker.address, "group": self.group, "members": "shared" if shared else "alone"}
        source = {"role": "both", "start": "earliest", "reorder": REORDER, "message_max": MESSAGE_MAX}
        source["missing_ms"] = 60_000  # these senders pause; only their disorder is judged
        self.settings = write_settings(self.work / "live.toml", kafka, {self.topic: source})
        with self.settings.open("a") as file:
            file.write("[archive]\nflush_s = 0.2\n")
        self.messages = list(packed(self.day, loaded(self.settings), rows=_ROWS))

    def begin(self) -> Recorded:
        """Begin to record; the first messages are there."""
        self.send_to(4)
        self.recorded = Recorded(self.work, self.settings, self.archive, self.more)
        self.recorded.until_applied()
        return self.recorded

    def send_to(self, number: int) -> None:
        """Send messages up to this one."""
        number = min(number, len(self.messages))
        if number > self.sent:
            send(loaded(self.settings), self.topic, self.messages[self.sent : number])
        self.sent = max(self.sent, number)

    def send_some(self, recorded: Recorded, most: int) -> None:
        """Send a few more, but not the last ones, and wait until something of them is applied."""
        before = recorded.applied()
        self.send_to(min(self.sent + self.draw.randint(REORDER + 1, most), len(self.messages) - 1))
        recorded.until_applied(before)

    def finish(self) -> None:
        """Send what is left of the day."""
        self.send_to(len(self.messages))

    def close(self) -> None:
        """End whatever still runs."""
        if self.recorded is not None:
            self.recorded.close()

    def judge(self, recorded: Recorded) -> None:
        """As `recording.judge`: what was spoilt has to be set aside with topic, partition and offset."""
        aside = sorted(f"topic {self.topic} partition 0 offset {offset}" for offset in self.aside)
        judge(self.day, self.settings, recorded, aside, late=self.late)


Fault = Callable[[Trial], Recorded]


def engine_killed(trial: Trial) -> Recorded:
    """Engine, archive, both, or they and whoever watches them: killed at random instants."""
    trial.prepare()
    return _killed(trial)


def everything_at_once(trial: Trial) -> Recorded:
    """Copies, disorder, damage, messages that are too long, and kills, in one day."""
    trial.prepare()
    _double(trial, 15)
    _shuffle(trial)
    _spoil(trial, lambda value: _damaged(trial.draw, value) if trial.draw.random() < 0.8 else _long(trial.draw))
    return _killed(trial)


def _killed(trial: Trial) -> Recorded:
    recorded = trial.begin()
    for _ in range(trial.draw.randint(1, 3)):
        trial.send_some(recorded, 90)
        if trial.draw.random() < 0.3:
            recorded.kill_everything()
            recorded.start_again()
        else:
            recorded.kill(*trial.draw.choice(_ALL))
    trial.finish()
    return recorded


def broker_killed(trial: Trial) -> Recorded:
    """The broker killed behind any message, and started again."""
    trial.prepare()
    recorded = trial.begin()
    trial.send_some(recorded, 200)
    trial.broker.stop(signal.SIGKILL)
    trial.broker.start()
    trial.finish()
    return recorded


def partition_reassigned(trial: Trial) -> Recorded:
    """Another member of the group is given the partition, and leaves again."""
    trial.prepare(shared=True)
    recorded = trial.begin()
    for _ in range(trial.draw.randint(1, 2)):
        with intruder(loaded(trial.settings), trial.topic, trial.group):
            trial.send_to(min(trial.sent + trial.draw.randint(5, 60), len(trial.messages) - 1))
    trial.finish()
    return recorded


def delivered_twice(trial: Trial) -> Recorded:
    """Any message may come again, some way behind itself."""
    trial.prepare()
    _double(trial, 40)
    return _through(trial)


def out_of_order(trial: Trial) -> Recorded:
    """Messages change places, never further than is held back."""
    trial.prepare()
    _shuffle(trial)
    return _through(trial)


def beyond_the_bound(trial: Trial) -> Recorded:
    """Some messages come later than anybody waits for them."""
    trial.prepare()
    trial.late = True
    body = trial.messages[1:-1]
    for _ in range(3):
        at = trial.draw.randrange(len(body) - 6 * REORDER)
        body.insert(at + trial.draw.randint(REORDER + 2, 5 * REORDER), body.pop(at))
    trial.messages[1:-1] = body
    return _through(trial)


def corrupt(trial: Trial) -> Recorded:
    """Messages that were damaged on the way stand between the good ones."""
    trial.prepare()
    _spoil(trial, lambda value: _damaged(trial.draw, value))
    return _through(trial)


def oversize(trial: Trial) -> Recorded:
    """Messages that are longer than the source allows stand between the good ones."""
    trial.prepare()
    _spoil(trial, lambda _: _long(trial.draw))
    return _through(trial)


def disk_full(trial: Trial) -> Recorded:
    """The archive's files cannot grow any more in the middle of a commit; later there is room again."""
    trial.prepare()
    recorded = trial.begin()
    pid = recorded.pid("archive")
    limit = trial.draw.randrange(1_000, 9_000)
    subprocess.run(["prlimit", f"--pid={pid}", f"--fsize={limit}:unlimited"], check=True)
    trial.send_to(trial.draw.randint(40, len(trial.messages)))
    recorded.until(recorded.trouble)
    subprocess.run(["prlimit", f"--pid={pid}", "--fsize=unlimited:unlimited"], check=True)
    trial.finish()
    return recorded


def _through(trial: Trial) -> Recorded:
    recorded = trial.begin()
    trial.finish()
    return recorded


def _double(trial: Trial, copies: int) -> None:
    body = trial.messages[1:-1]
    for _ in range(copies):
        at = trial.draw.randrange(len(body))
        body.insert(trial.draw.randint(at, min(at + 30, len(body))), body[at])
    trial.messages[1:-1] = body


def _shuffle(trial: Trial) -> None:
    body = trial.messages[1:-1]
    order = sorted(range(len(body)), key=lambda at: at + trial.draw.uniform(0, REORDER - 1))
    trial.messages[1:-1] = [body[at] for at in order]


def _spoil(trial: Trial, spoilt: Callable[[bytes], bytes]) -> None:
    body: Messages = []
    for message in trial.messages[1:-1]:
        body.append(message)
        if trial.draw.random() < 0.05:
            trial.aside.append(len(body) + 1)
            body.append(spoilt(message.value if isinstance(message, Sent) else message))
    trial.messages[1:-1] = body


def _long(draw: random.Random) -> bytes:
    return bytes(MESSAGE_MAX + draw.randint(1, 100_000))


def _damaged(draw: random.Random, value: bytes) -> bytes:
    damaged = bytearray(value)
    for _ in range(draw.randint(1, 4)):
        damaged[draw.randrange(len(damaged))] ^= draw.randint(1, 255)
    damaged[40] ^= bytes(damaged) == value  # changes that took each other back
    return bytes(damaged) if draw.random() < 0.7 else bytes(damaged[: draw.randrange(len(damaged))])


@contextmanager
def failing_store(draw: random.Random) -> Iterator[tuple[dict[str, str], Callable[[], None]]]:
    """S3 that answers 503 now and then, also to what it has done: its environment, and what mends it."""
    mended: list[bool] = []

    def fate(method: str, path: str) -> str:
        if mended or draw.random() >= 0.12:
            return PASS
        return LOSE if method == "PUT" and draw.random() < 0.5 else REFUSE

    with s3_server(fate) as environment:
        yield environment, lambda: mended.append(True)


def store_fails(trial: Trial) -> Recorded:
    """As `failing_store` says; the trial names the bucket and its environment."""
    trial.archive = f"s3://{BUCKET}/{trial.topic}"  # the server of the tests forgets nothing
    trial.prepare()
    return _through(trial)


FAULTS: Final[dict[str, Fault]] = {
    "engine killed": engine_killed, "broker killed": broker_killed, "partition reassigned": partition_reassigned,
    "delivered twice": delivered_twice, "out of order": out_of_order, "beyond the bound": beyond_the_bound,
    "corrupt": corrupt, "oversize": oversize, "disk full": disk_full, "everything at once": everything_at_once,
}  # fmt: skip
