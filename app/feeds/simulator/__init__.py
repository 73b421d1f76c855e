"""The market simulator: a closed-loop market, our algos in it, and the EMS they answer to."""

from pathlib import Path

import msgspec

from app.engine.errors import SettingsError
from app.feeds.simulator.setting import strategy_of
from app.feeds.simulator.simulation import Simulation
from app.feeds.simulator.world import World, load_world, worlds

__all__ = ["Simulation", "World", "load_world", "open_world", "worlds"]


def open_world(path_or_name: Path | str, seed: int | None = None, agent: bool | None = None) -> Simulation:
    """A day of a world: by name (resources/worlds/NAME.toml) or file; `seed` draws another market of the same story.

    `agent=False` takes the leak agent out. Raises SettingsError.
    """
    world = load_world(path_or_name)
    if seed is not None:
        world = msgspec.structs.replace(world, market_seed=seed)
    try:
        strategy_of(world, world.parent.strategy, world.parent.params)
    except ValueError as error:
        raise SettingsError(f"{Path(path_or_name).name}: parent.params: {error}") from error
    return Simulation(world, agent=agent is not False)
