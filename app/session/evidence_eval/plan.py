"""What is evaluated: cells of one world and so many parents each, the clean cell each is held against, their sizes."""

from collections.abc import Sequence
from typing import Final

import msgspec

from app.engine.errors import SettingsError, complaint
from app.feeds.simulator.evidence import EvidenceWorld, load_world
from app.session.evidence_worlds import parents_of_an_episode

CLEAN: Final = 1_800
BASE: Final = 600
ELSEWHERE: Final = 300
MANY: Final = 1_000  # parents in which false discoveries are counted
AT_SIZE: Final = "at_size"  # base_4 at the leak the model says can just be seen
ALONE: Final = "alone_{}"
FORTY: Final = "forty_{}"

# cell -> parents; the word of the world is the cell's unless made below
SIZES: Final[dict[str, int]] = {
    "base_0": CLEAN,
    **dict.fromkeys(("base_1", "base_2", "base_4", "base_8", "slow_4", "fade_5", "slow_fade_4"), BASE),
    **dict.fromkeys(
        (
            "flow_4", "quick_4", "slower_4", "vol4_0", "vol4_4", "news_0", "news_4",
            "news_some_0", "pov_news_0", "session_0", "chase_0", "signal_0", "own_quarter_0", "many_0", "many_4",
            "late_4", "venue_4", "long_400_0", "long_400_4", "long_1500_0", "cured_4", "kept_8",
        ),
        ELSEWHERE,
    ),
    "tenth_8": MANY,
    "fleet_4": 1_200,
    AT_SIZE: BASE,
    **dict.fromkeys((ALONE.format("base_0"), ALONE.format("base_4"), ALONE.format("base_8")), 40),
    **dict.fromkeys((FORTY.format(base) for base in ("base_0", "base_2", "base_4", "base_8")), 400),
}  # fmt: skip
AGAINST: Final = {"vol4_4": "vol4_0", "news_4": "news_0", "long_400_4": "long_400_0", "many_4": "many_0"}
INSTRUMENTS: Final = {"alone": 1, "forty": 40}
LONG: Final = frozenset(("long_400_0", "long_400_4", "long_1500_0"))


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """One world under a name of its own, and how many parents of it are wanted."""

    name: str
    world: EvidenceWorld
    parents: int

    @property
    def episodes(self) -> int:
        """Whole episodes with at least so many parents."""
        return -(-self.parents // parents_of_an_episode(self.world))


def against(name: str) -> str:
    """The clean cell that a cell's leaks are told from."""
    return AGAINST.get(name, "base_0")


def cells_of(names: Sequence[str], scale: float, see_bps: float) -> list[Cell]:
    """The cells by name, all without any, with `scale` times their parents. Raises SettingsError.

    `see_bps`: the leak the model says can just be seen after the usual number of children.
    """
    unknown = sorted(set(names) - set(SIZES))
    if unknown:
        raise SettingsError(complaint("evidence eval", "world", ", ".join(unknown), "one of " + ", ".join(SIZES)))
    chosen = [name for name in SIZES if name in names or not names]
    return [
        Cell(name=name, world=world_of_cell(name, see_bps), parents=max(1, round(SIZES[name] * scale)))
        for name in chosen
    ]


def world_of_cell(name: str, see_bps: float) -> EvidenceWorld:
    """The world behind a cell: a shipped one, or one made from a shipped one. Raises SettingsError."""
    if name == AT_SIZE:
        return msgspec.structs.replace(leaking(load_world("base_4"), see_bps), name=AT_SIZE)
    kind, _, base = name.partition("_")
    if kind in INSTRUMENTS:
        world = load_world(base)
        return msgspec.structs.replace(
            world, market=msgspec.structs.replace(world.market, instruments=INSTRUMENTS[kind])
        )
    return load_world(name)


def leaking(world: EvidenceWorld, bps: float) -> EvidenceWorld:
    """A calibrated world whose agent notices so many children that the leak is another one: they are in proportion."""
    share = min(world.notices * bps / (world.calibrated.leak_bps or world.agent.target_bps), 1.0)
    return msgspec.structs.replace(world, agent=msgspec.structs.replace(world.agent, target_bps=bps, share=share))
