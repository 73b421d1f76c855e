"""The archive on S3: the same, through a server that sometimes fails and sometimes does not say that it did it."""

import random
from collections.abc import Iterator
from typing import Any

import pytest

from app.feeds.archive import upkeep
from app.feeds.archive.table import ArchiveUnavailableError
from tests.feeds.archive.made import kept, market, own, sent, universe_of
from tests.feeds.archive.recorder import run
from tests.feeds.archive.store import BUCKET, LOSE, PASS, REFUSE, s3_server

pytestmark = pytest.mark.slow
ROWS = 320  # `make prove-b` sends twice as many, twenty times
ALL = sent(universe_of(), market(ROWS, 4), own(ROWS // 20, 4))


class Weather:
    """Decides the fate of requests: quiet at first, then by a seed."""

    def __init__(self) -> None:
        self.draw = random.Random(0)
        self.bad = 0.0
        self.stormy = 0
        self.failed = 0

    def __call__(self, method: str, path: str) -> str:
        if self.stormy or (method in ("PUT", "POST") and self.draw.random() < self.bad):
            self.stormy = max(0, self.stormy - 1)
            self.failed += 1
            return LOSE if method == "PUT" and self.draw.random() < 0.5 else REFUSE
        return PASS


@pytest.fixture(scope="module")
def weather() -> Weather:
    return Weather()


@pytest.fixture(scope="module")
def server(weather: Weather) -> Iterator[dict[str, str]]:
    with s3_server(weather) as environment:
        yield environment


@pytest.fixture
def store(server: dict[str, str], weather: Weather, monkeypatch: pytest.MonkeyPatch) -> Weather:
    for name, value in server.items():
        monkeypatch.setenv(name, value)
    weather.bad, weather.stormy, weather.failed = 0.0, 0, 0
    return weather


def test_that_an_archive_on_s3_has_what_was_sent_and_is_looked_after(store: Weather) -> None:
    address = f"s3://{BUCKET}/calm"
    run(address, 4, ROWS)
    assert kept(address) == ALL
    list(upkeep.compact(address, 3))
    list(upkeep.retain(address, None, 0))
    assert upkeep.verify(address, None).faults == []
    assert run(address, 4, ROWS) == 0
    assert kept(address) == ALL


def test_that_requests_that_fail_lose_and_double_nothing(store: Weather) -> None:
    address = f"s3://{BUCKET}/rough"
    store.draw, store.bad = random.Random(1), 0.3
    run(address, 4, ROWS)
    store.bad = 0.0
    assert store.failed > 5
    assert kept(address) == ALL


def test_that_a_store_that_is_away_is_waited_for_and_said(store: Weather, capsys: Any) -> None:
    address = f"s3://{BUCKET}/away"
    run(address, 4, ROWS // 2)
    store.stormy = 12
    run(address, 4, ROWS)
    assert store.failed == 12
    said = capsys.readouterr().out
    assert "the archive waits: " in said
    assert "nothing was lost" in said


def test_that_patience_ends_where_the_settings_say(store: Weather) -> None:
    store.stormy = 10**9
    with pytest.raises(ArchiveUnavailableError, match=r"503|retries|timed out"):
        run(f"s3://{BUCKET}/never", 4, ROWS, patience_s=0.1)
