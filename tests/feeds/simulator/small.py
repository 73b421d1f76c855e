"""A short day of a world for tests: the first part of TECH's with its note and its agent moved into it."""

from typing import Any

import msgspec
import numpy as np

from app.engine.config import EngineConfig
from app.engine.core import Engine
from app.engine.events import Block, OrderRow, Rows
from app.engine.units import SECOND
from app.feeds.simulator import Simulation, World, load_world
from app.feeds.simulator.paired import Switch, messages_of

OPEN = "09:30:00"
SWITCH = Switch(at="09:42:00", pause_ms=None)
PAUSED = Switch(at="09:42:00")  # a pause first


def small_world(name: str = "tech", **changes: Any) -> World:
    """Twenty minutes: note at 09:36, agent from 09:36:30, 20,000 to sell."""
    world = load_world(name)
    parent = msgspec.structs.replace(world.parent, qty=20_000, end="09:50:00")
    agent = msgspec.structs.replace(world.agent, since="09:36:30")
    news = tuple(msgspec.structs.replace(item, at="09:36:00") for item in world.news)
    volume = msgspec.structs.replace(world.volume, opening=2_000, closing=6_000)
    noise = msgspec.structs.replace(world.noise, pins=())
    # the volumes of a day are those of 23,400 seconds: a short day has the same rates, and so its share of the ADV
    listing = msgspec.structs.replace(world.listing, adv=world.listing.adv * 1_200 / 23_400)
    small = msgspec.structs.replace(
        world, close="09:50:00", parent=parent, agent=agent, news=news, volume=volume, noise=noise, listing=listing
    )
    return msgspec.structs.replace(small, **changes)


def with_part(world: World, part: str, **changes: Any) -> World:
    """The world with some keys of one part changed."""
    return msgspec.structs.replace(world, **{part: msgspec.structs.replace(getattr(world, part), **changes)})


def day_of(
    world: World, switch: Switch | None = None, *, agent: bool = True
) -> tuple[Simulation, Rows, list[OrderRow]]:
    """A whole day at once: simulation, market rows, order rows."""
    day = Simulation(world, agent=agent)
    if switch is not None:
        for at_ns, message in messages_of(world, switch):
            day.receive(message, at_ns)
    done = day.advance(day.end_ns)
    return day, done.market, done.orders


def through_engine(world: World, switch: Switch | None = None, *, mode: str = "bps", agent: bool = True) -> Engine:
    """The engine after the day, fed in steps of half a minute."""
    day = Simulation(world, agent=agent)
    if switch is not None:
        for at_ns, message in messages_of(world, switch):
            day.receive(message, at_ns)
    engine = Engine(day.universe, EngineConfig(level_mode=mode))  # type: ignore[arg-type]
    until = day.start_ns
    while until < day.end_ns:
        until = min(until + 30 * SECOND, day.end_ns)
        step = day.advance(until)
        engine.apply(Block(until + 1, step.market, tuple(step.orders)))
    engine.finish(day.end_ns)
    return engine


def same(a: Rows, b: Rows) -> bool:
    """True for equal market rows."""
    return len(a) == len(b) and a.tobytes() == b.tobytes()


def costs(engine: Engine) -> dict[str, Any]:
    """The one parent's row."""
    table = engine.tables()["parents"]
    return {name: values[0] for name, values in table.items()}


def actions(rows: Rows, letter: str) -> Rows:
    """Rows of one action."""
    found: Rows = rows[rows["action"] == ord(letter)]
    return found


def prices(rows: Rows) -> np.ndarray[Any, Any]:
    """Prices in dollars."""
    return np.asarray(rows["price"]) / 1e9
