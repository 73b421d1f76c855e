"""Markets without us: a simulated day in which no order of ours is placed, or a recording and where ours were in it."""

from pathlib import Path
from typing import Final, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from app.engine.events import OrderRow, Rows
from app.engine.units import PRICE_SCALE
from app.engine.universe import Universe
from app.feeds.simulator.evidence import EvidenceWorld, load_world
from app.feeds.simulator.evidence import cells as c
from app.feeds.simulator.evidence.episode import INDEX_PRICE, INDEX_TICK, instruments_of, universe_of
from app.feeds.simulator.evidence.played import Placed, play
from app.feeds.simulator.evidence.tape import Turned, index_rows, market_rows, merged
from app.session.formats import Sources, resolved_format
from app.settings import load_settings

HOURS: Final = 6.4


class Day(NamedTuple):
    """A market in the order of application, own rows in it if any, and what it is called."""

    name: str
    universe: Universe
    market: Rows
    orders: list[OrderRow]

    def ours(self) -> dict[int, NDArray[np.int64]]:
        """When something of ours happened, by instrument."""
        found: dict[int, list[int]] = {}
        for row in self.orders:
            if row.instrument is not None:
                found.setdefault(self.universe.instruments.index(row.instrument), []).append(row.ts_event)
        return {instrument: np.array(sorted(times), np.int64) for instrument, times in found.items()}


def day_world(name: str = "base_0", instruments: int | None = None) -> EvidenceWorld:
    """A world whose episodes last a whole day."""
    world = load_world(name)
    orders = msgspec.structs.replace(world.orders, minutes=HOURS * 60.0, minutes_spread=0.0, children=1)
    market = msgspec.structs.replace(world.market, instruments=instruments or world.market.instruments)
    return msgspec.structs.replace(world, orders=orders, market=market)


def simulated(world: EvidenceWorld, seed: int) -> Day:
    """The market of an episode in which we place nothing at all."""
    with np.errstate(over="ignore", invalid="ignore"):  # of a day's length, in shapes of news that are not used
        shared, pits = instruments_of(world, seed)
    universe = universe_of(world, [placed.beta for _, placed in pits])
    tapes = []
    for k, (pit, placed) in enumerate(pits):
        nobody = Placed(placed.parents[:0], placed.turn, placed.beta)
        p = pit.p.copy()
        p[c.P_PARENTS] = 0
        empty = pit._replace(p=p, parents=pit.parents[:0], before=pit.before[:0])
        turned = Turned(k, placed.turn, int(pit.p[c.P_MIDDLE]), round(world.market.tick * PRICE_SCALE))
        tapes.append((play(empty, nobody, agent=False, tell=True).tape, turned))
    market = merged([market_rows(tapes), index_rows(shared, len(pits), (INDEX_PRICE, INDEX_TICK))])
    return Day(world.date, universe, market, [])


def recorded(path: Path, settings_file: Path | None = None) -> Day:
    """A recording of any format, whole. Raises ScorecardError."""
    universe, settings = Universe(), load_settings(settings_file)
    origin = str(settings_file) if settings_file else None
    with Sources(settings, origin, None).open(path, resolved_format(path, None), universe) as recording:
        market = np.concatenate([rows.copy() for rows in recording.market])
        return Day(recording.name, universe, market, list(recording.orders))
