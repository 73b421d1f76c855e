"""Worlds for evidence, as TOML: markets of many instruments, fleets of parents, agents of every kind.

Impacts, volatilities and leaks in bps, sizes in shares, times in seconds. What a calibration found stands in a table
of its own, with its standard errors; nobody writes there by hand.
"""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeAlias, get_args

import msgspec

from app.engine.errors import SettingsError, complaint
from app.feeds.simulator.evidence import cells as c
from app.feeds.simulator.world import NotNegative, Positive, Share, Word, table_of_file

Split: TypeAlias = Literal["fit", "test", "final"]
SPLITS: Final[tuple[Split, ...]] = get_args(Split)
SEEDS_OF_A_SPLIT: Final = 1_000_000
WORLDS: Final = Path(__file__).resolve().parents[4] / "resources" / "worlds" / "evidence"
USUAL: Final = c.ALGOS[:5]  # in equal parts, where a world does not say
Count = Annotated[int, msgspec.Meta(ge=1, le=10_000)]


class _Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One table of a world; unknown keys are refused."""


class Signal(_Table, frozen=True, kw_only=True):
    """What imbalance knows of the next move: the latent price drifts by it, the queues show it, trades follow it."""

    bps: NotNegative = 0.3  # the move that one standard deviation of it announces
    tau_s: Positive = 5.0
    tilt: NotNegative = 0.08  # of the displayed share, by one standard deviation
    lead: Share = 0.12  # trades that follow it, by one standard deviation


class Spread(_Table, frozen=True, kw_only=True):
    """How wide the touch is, and how long it stays so."""

    one_tick: Share = 0.7
    two_ticks: Share = 0.2
    dwell_s: Positive = 20.0
    hysteresis: Share = 0.12  # ticks beyond its edge at which a touch lets go


class Impact(_Table, frozen=True, kw_only=True):
    """Transient impact of a trade of `unit` shares: bps by scale, the last of them stays."""

    tau_s: tuple[Positive, Positive, Positive] = (1.0, 20.0, 200.0)
    bps: tuple[NotNegative, NotNegative, NotNegative, NotNegative] = (0.225, 0.274, 0.167, 0.149)
    unit: Positive = 100.0
    own: Share = 1.0  # how much of it own trades have


class Trades(_Table, frozen=True, kw_only=True):
    """Trades of others."""

    per_s: Positive = 0.7  # of a plain day
    size: Positive = 120.0  # mean
    metaorders: Count = 6  # at once; their lengths make signs remember
    tail: Positive = 1.5  # Pareto exponent of those lengths
    longest: Count = 200
    burst: Share = 0.12  # chance of a follower on the same side
    burst_s: Positive = 0.25


class News(_Table, frozen=True, kw_only=True):
    """News without direction in a share of the instruments of an episode."""

    chance: Share = 0.0
    volume: Positive = 2.5
    volatility: Positive = 2.0
    rise_s: Positive = 20.0
    fade_s: Positive = 900.0


class Market(_Table, frozen=True, kw_only=True):
    """Instruments that share a factor."""

    instruments: Annotated[int, msgspec.Meta(ge=1, le=100)] = 8
    price: Positive = 50.0
    tick: Positive = 0.01
    daily_bps: Positive = 200.0  # of the whole price, on a plain day
    market_share: Share = 0.3  # of its variance that is the common factor
    beta_sd: Share = 0.2
    cluster: NotNegative = 0.35  # sd of the log intensity, common to volume and volatility
    cluster_s: Positive = 600.0
    flicker: NotNegative = 0.3  # sd of the log volatility that passes in flicker_s
    flicker_s: Positive = 40.0
    fat: NotNegative = 0.02  # share of the price's steps that are three times as large
    session_sigma: NotNegative = 0.0  # drift all instruments share, in sd of an 8-s move for every 8 s
    looks_per_s: Positive = 5.0  # of makers
    depth: Positive = 1_000.0  # shares of others at a venue's touch, mean
    depth_noise: NotNegative = 0.6  # sd of its logarithm
    depth_memory: Share = 0.5  # from look to look
    lot: Count = 10
    first_venue: Share = 0.6
    signal: Signal = Signal()
    spread: Spread = Spread()
    impact: Impact = Impact()
    trades: Trades = Trades()
    news: News = News()


class Orders(_Table, frozen=True, kw_only=True):
    """Own parents."""

    children: Count = 82  # mean
    minutes: Positive = 60.0
    minutes_spread: Share = 0.2
    per_instrument: Annotated[int, msgspec.Meta(ge=1, le=12)] = 1
    one_sided: bool = True  # parents of one instrument trade on one side
    together: bool = True  # they work at the same time, not one after the other
    clip: Count = 100
    patience_s: Positive = 20.0
    visibility: Literal["V3", "V2", "V1"] = "V3"
    switch_at: Share | None = None  # share of the parent's time at which its algo is switched
    algos: dict[str, NotNegative] = msgspec.field(default_factory=lambda: dict.fromkeys(USUAL, 1.0))


class Agent(_Table, frozen=True, kw_only=True):
    """Somebody who notices our children: trades ahead of the next ones, makes quotes retreat, or both."""

    target_bps: NotNegative = 0.0  # true mean leak of a leaking parent; 0: nobody is there
    leaking: Share = 1.0  # of the parents
    share: Share | None = None  # chance to notice; None: as calibrated for the target
    post: Share = 1.0  # times this, by kind of child
    take: Share = 1.0
    venues: tuple[Share, Share] = (1.0, 1.0)  # times this, by venue
    delay_s: Positive = 0.5  # median
    delay_sd: NotNegative = 0.8  # of its logarithm
    flow: Share = 1.0  # chance to trade once it acts
    size: Positive = 1.0  # of its trades, in units of the impact
    fade_ticks: NotNegative = 0.125  # the price retreats, once it acts
    fade_depth: Share = 0.25  # of the far queue that leaves with it
    fade_tau_s: NotNegative = 0.0  # 0: for good
    since: NotNegative = 0.0  # share of the parent's time
    until: NotNegative = 10.0


class Calibrated(_Table, frozen=True, kw_only=True):
    """What `scorecard evidence calibrate` found."""

    noise: Positive = 1.0  # factor of the price's own noise at which the whole volatility is daily_bps
    daily_bps: NotNegative = 0.0  # the volatility measured then, and its standard error
    daily_se: NotNegative = 0.0
    per_slice: dict[str, Positive] = {}  # children sent for each slice, by algo
    share: Share | None = None  # of children noticed, at which the leak is the target
    watched: str = ""  # hash of agent, market and orders that the share belongs to
    leak_bps: float = 0.0  # the leak measured then, and its standard error
    leak_se: NotNegative = 0.0
    parents: int = 0  # parents they were measured on
    children: NotNegative = 0.0  # mean measured then
    market: str = ""  # hash of the market that the noise belongs to
    orders: str = ""  # hash of the orders that per_slice belongs to
    code: str = ""  # of the simulator


class EvidenceWorld(_Table, frozen=True, kw_only=True):
    """A market, our orders and whoever watches them."""

    name: Word
    title: str
    date: str = "2026-11-20"
    timezone: str = "America/New_York"
    stream: str = ""  # worlds with the same one share their noise, seed by seed; else each name has its own
    market: Market = Market()
    orders: Orders = Orders()
    agent: Agent = Agent()
    calibrated: Calibrated = Calibrated()

    @property
    def notices(self) -> float:
        """The chance that a child is noticed; 0 where nobody is there."""
        if self.agent.target_bps == 0.0:
            return 0.0
        if self.agent.share is not None:
            return self.agent.share
        return (self.calibrated.share or 0.0) if self.calibrated.watched == watched_hash(self) else 0.0


def file_of(name: Path | str) -> Path:
    """The file of a world: its own path, or that of its name."""
    file = Path(name)
    return file if file.suffix == ".toml" else WORLDS / f"{name}.toml"


def load_world(name: Path | str) -> EvidenceWorld:
    """A world by name (resources/worlds/evidence/NAME.toml) or by the path of its file. Raises SettingsError."""
    file = file_of(name)
    if not file.exists():
        raise SettingsError(complaint("evidence", "world", str(name), "a TOML file, or one of " + ", ".join(worlds())))
    return world_of(table_of_file(file), file.name)


def world_of(table: dict[str, Any], where: str) -> EvidenceWorld:
    """A world from its table. Raises SettingsError naming file, key, value and what is allowed."""
    try:
        world = msgspec.convert(table, EvidenceWorld)
    except msgspec.ValidationError as error:
        what, _, path = str(error).partition(" - at `$.")
        raise SettingsError(complaint(where, path.rstrip("`") or "world", "", what)) from error
    unknown = sorted(set(world.orders.algos) - set(c.ALGOS))
    if unknown or not any(world.orders.algos.values()):
        allowed = "weights of " + ", ".join(c.ALGOS)
        raise SettingsError(complaint(where, "orders.algos", ", ".join(unknown) or "nothing", allowed))
    if world.market.spread.one_tick + world.market.spread.two_ticks > 1.0:
        shares = (world.market.spread.one_tick, world.market.spread.two_ticks)
        raise SettingsError(complaint(where, "market.spread", shares, "shares that sum to at most 1"))
    return world


def worlds() -> list[str]:
    """Names of the shipped worlds."""
    return sorted(file.stem for file in WORLDS.glob("*.toml"))


def world_hash(world: EvidenceWorld) -> str:
    """What of a world its rows depend on, as 12 hex digits: everything but words."""
    found = msgspec.structs.replace(
        world.calibrated, daily_bps=0.0, daily_se=0.0, leak_bps=0.0, leak_se=0.0, parents=0, code=""
    )
    plain = msgspec.structs.replace(world, title="", calibrated=found)
    return hashlib.sha256(msgspec.json.encode(plain, order="sorted")).hexdigest()[:12]


def plain(world: EvidenceWorld) -> EvidenceWorld:
    """The world without what comes on top of its volatility: no news, no drift of a session."""
    quiet = msgspec.structs.replace(world.market.news, chance=0.0)
    return msgspec.structs.replace(world, market=msgspec.structs.replace(world.market, news=quiet, session_sigma=0.0))


def market_hash(world: EvidenceWorld) -> str:
    """The plain market as 12 hex digits: what its noise depends on."""
    return _short_hash(msgspec.structs.replace(plain(world).market, news=News(), instruments=1))


def orders_hash(world: EvidenceWorld) -> str:
    """The orders as 12 hex digits: what children to a slice depend on, the market given."""
    return _short_hash(msgspec.structs.replace(world.orders, visibility="V3", switch_at=None))


def watched_hash(world: EvidenceWorld) -> str:
    """Agent, market and orders as 12 hex digits: what the share noticed depends on for a leak of the target's size."""
    agent = msgspec.structs.replace(world.agent, share=None, leaking=1.0)
    return _short_hash([agent, msgspec.structs.replace(world.market, instruments=1), orders_hash(world)])


def _short_hash(part: object) -> str:
    return hashlib.sha256(msgspec.json.encode(part, order="sorted")).hexdigest()[:12]


def code_hash() -> str:
    """The sources that make episodes, as 12 hex digits."""
    digest = hashlib.sha256()
    for file in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(file.name.encode() + b":" + file.read_bytes())
    return digest.hexdigest()[:12]


def seeds_of(split: str, first: int, count: int) -> range:
    """Seeds of a split: fit 1,000,000 and following, test 2,000,000, final 3,000,000. Raises SettingsError."""
    if split not in SPLITS:
        raise SettingsError(complaint("evidence", "split", split, "one of " + ", ".join(SPLITS)))
    if first < 0 or count < 0 or first + count > SEEDS_OF_A_SPLIT:
        raise SettingsError(complaint("evidence", "seeds", first + count, f"at most {SEEDS_OF_A_SPLIT:,} of a split"))
    begin = (SPLITS.index(split) + 1) * SEEDS_OF_A_SPLIT + first
    return range(begin, begin + count)


def insist_on_split(seeds: Iterable[int], split: Split) -> None:
    """Refuse seeds of another split: what is fitted must never see those it will be judged by. Raises SettingsError."""
    for seed in seeds:
        if split_of_seed(seed) != split:
            begin = seeds_of(split, 0, 0).start
            allowed = f"seeds of the {split} split, {begin:,} to {begin + SEEDS_OF_A_SPLIT - 1:,}"
            raise SettingsError(complaint("evidence", "seed", seed, allowed))


def split_of_seed(seed: int) -> Split | None:
    """The split a seed belongs to; None outside all."""
    number = seed // SEEDS_OF_A_SPLIT - 1
    return SPLITS[number] if 0 <= number < len(SPLITS) else None
