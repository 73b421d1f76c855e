"""An archive as a live source: every row once, in event time beside others, gone on with behind its place."""

from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest

from app.engine.errors import FeedError
from app.engine.events import OrderRow, Rows
from app.engine.universe import Universe
from app.feeds.archive.delivery import WriterOptions
from app.feeds.archive.live import ArchiveFeed
from app.feeds.archive.place import Place
from app.feeds.archive.writer import ArchiveWriter
from app.feeds.generator import Plan
from app.runtime.live_route import LiveRoute
from app.session.generate import generate_session
from app.session.live_headless import run_live
from app.session.record import RecordRequest, record_run
from app.session.replay import replay
from app.session.request import ReplayRequest
from app.session.simulation import SimulationRequest
from app.settings_sources import ArchiveSource, Role
from tests.feeds.archive.made import deliveries, kept, market, own, sent, universe_of

ROWS, OWN = market(600), own(30)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small archive of many chunks."""
    folder = tmp_path_factory.mktemp("archive")
    with ArchiveWriter(Place.of(str(folder)), universe_of(), WriterOptions(chunk_rows=100)) as writer:
        for delivery in deliveries(ROWS, OWN, 50):
            writer.put(delivery)
    return folder


class Taken:
    """Rows of a live route over one archive, and its places."""

    def __init__(self, archive: Path, positions: dict[str, str] | None = None, **keys: Any) -> None:
        self.universe = Universe()
        self.market: list[Rows] = []
        self.orders: list[OrderRow] = []
        self.positions = dict(positions or {})
        self._feed = ArchiveFeed("old", ArchiveSource(path=str(archive), **keys), self.universe)
        self._route = LiveRoute([self._feed], 1_000, wait_s=0.0)
        self._route.open(self.positions)

    def some(self) -> bool:
        """One block more; False at the end."""
        if self._route.next_ns() is None:
            self._route.close()
            return False
        block = self._route.take()
        if block is not None:
            self.market.append(block.market.copy())
            self.orders += block.orders
            self.positions.update({c.source: c.text or "" for c in block.controls if c.kind == "position"})
        return True

    def all(self) -> "Taken":
        while self.some():
            pass
        return self

    @property
    def hash(self) -> str:
        return sent(self.universe, np.concatenate(self.market), tuple(self.orders))


def test_that_all_rows_come_once_and_the_lanes_end(archive: Path) -> None:
    taken = Taken(archive, role="both").all()
    assert taken.hash == kept(archive) == sent(universe_of(), ROWS, OWN)
    assert taken.positions == {"archive:old/market": "600", "archive:old/orders": "30"}


@pytest.mark.parametrize("role", get_args(Role))
def test_that_a_role_chooses_its_rows(archive: Path, role: Role) -> None:
    taken = Taken(archive, role=role).all()
    assert sum(map(len, taken.market)) == (600 if role != "orders" else 0)
    assert len(taken.orders) == (30 if role != "market" else 0)


@pytest.mark.parametrize(("market_at", "orders_at"), [(0, 0), (1, 29), (333, 7), (600, 30)])
def test_that_a_run_goes_on_behind_its_places(archive: Path, market_at: int, orders_at: int) -> None:
    places = {"archive:old/market": str(market_at), "archive:old/orders": str(orders_at)}
    taken = Taken(archive, places, role="both").all()
    assert np.concatenate(taken.market)["seq"].tolist() == ROWS["seq"][market_at:].tolist()
    assert [row.seq for row in taken.orders] == [row.seq for row in OWN[orders_at:]]


def test_that_rows_may_be_given_another_source(archive: Path) -> None:
    taken = Taken(archive, role="both", source="old:day").all()
    numbers = set(np.concatenate(taken.market)["source"].tolist())
    assert [taken.universe.sources.names[number] for number in numbers] == ["old:day"]
    assert {row.source for row in taken.orders} == {"old:day"}


def test_that_a_place_no_run_has_written_and_a_day_that_is_not_there_are_refused(archive: Path) -> None:
    with pytest.raises(FeedError, match="tape, lane archive:old/market: position = 'x' is not allowed"):
        Taken(archive, {"archive:old/market": "x"})
    with pytest.raises(FeedError, match="nothing of 1999-01-01"):
        Taken(archive, date="1999-01-01")


@pytest.mark.slow
def test_that_a_live_run_of_an_archive_has_the_figures_of_the_run_that_wrote_it(tmp_path: Path) -> None:
    day, path = tmp_path / "day", tmp_path / "archive"
    generate_session(Plan(seed=5, market_rows=3_000, order_share=0.02, instruments=2), day)
    record_run(RecordRequest(path=str(day), archive=str(path)))
    settings = tmp_path / "live.toml"
    settings.write_text(f'[sources.old]\nkind = "archive"\nrole = "both"\npath = "{path.as_posix()}"\n')
    live = run_live(SimulationRequest(settings=str(settings)))
    plain = replay(ReplayRequest(path=str(day), settings=str(settings)))
    assert live is not None
    assert plain is not None
    assert live.report.output_hash == plain.report.output_hash
