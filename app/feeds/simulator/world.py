"""Worlds: everything a simulated day is made of, as TOML; checked once, then frozen.

Sizes in shares, impacts and volatilities in bps, clock times as HH:MM:SS of the exchange.
"""

import tomllib
from datetime import date, datetime, time
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from app.engine.errors import SettingsError, complaint
from app.engine.units import SECOND
from app.feeds.simulator.ems_script import Script

Positive = Annotated[float, msgspec.Meta(gt=0, le=1e12)]
NotNegative = Annotated[float, msgspec.Meta(ge=0, le=1e12)]
Finite = Annotated[float, msgspec.Meta(ge=-1e12, le=1e12)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Whole = Annotated[int, msgspec.Meta(ge=0, le=10**12)]
Three = tuple[NotNegative, NotNegative, NotNegative]
Word = Annotated[str, msgspec.Meta(min_length=1, max_length=40)]


class _Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One table of a world; unknown keys are refused."""


class Listing(_Table, frozen=True, kw_only=True):
    """The instrument, where it trades, and its reference data."""

    instrument: Word
    venues: tuple[Word, Word]  # with displayed books
    reporting: Word  # facility of off-exchange prints
    pool: Word = "DARK"  # where own dark orders rest
    arrival: Positive  # price in the middle of the first books
    tick_size: Positive = 0.01
    currency: str = "USD"
    adv: Positive = 2_000_000.0
    daily_sigma: Positive = 0.02
    shares_outstanding: Positive = 400_000_000.0
    beta: Finite = 1.0
    sector: str = ""


class Noise(_Table, frozen=True, kw_only=True):
    """The exogenous price: daily volatility (bps), how much of it is left (`scale`), and where it is held.

    `pins`: (clock time, bps from arrival): the path is bridged through them; none = a free path.
    """

    daily_bps: NotNegative
    scale: NotNegative = 1.0
    pins: tuple[tuple[str, Finite], ...] = ()
    cluster: NotNegative = 0.35  # sd of the log intensity, common to volume and volatility
    cluster_s: Positive = 600.0
    flow_bps: Three = (0.0, 0.0, 0.0)  # impact of background orders by scale, for one of `unit` shares


class Volume(_Table, frozen=True, kw_only=True):
    """Background trading of a plain day, in shares."""

    lit: Positive
    order: Positive = 115.0  # mean marketable order
    dark: NotNegative = 0.0
    dark_order: Positive = 260.0
    opening: Whole = 0  # auctions
    closing: Whole = 0
    metaorders: Annotated[int, msgspec.Meta(ge=1, le=200)] = 24  # at once; their lengths make signs remember
    tail: Positive = 1.5  # Pareto exponent of those lengths
    second_venue: Share = 0.4
    mid_share: Share = 0.3  # of marketable orders that look for the mid first
    dark_share: Share = 0.4  # of off-exchange orders that come by our pools


class Books(_Table, frozen=True, kw_only=True):
    """Market making."""

    refresh_s: Positive  # looks of makers a second, both venues together, on a plain day
    half_ticks: NotNegative = 0.3
    depth: tuple[Positive, Positive, Positive, Positive, Positive] = (300.0, 500.0, 700.0, 800.0, 800.0)
    clip: Whole = 100
    pull: Share = 0.6  # a stale level is pulled whole rather than order by order


class Impact(_Table, frozen=True, kw_only=True):
    """Transient impact: scale times, and the weight of an own order of `unit` shares at each, in bps."""

    tau_s: Three
    own_bps: Three
    passive: NotNegative = 0.2  # of a passive fill, as a share of an aggressive one's
    unit: Positive = 100.0


class News(_Table, frozen=True, kw_only=True):
    """News without a direction: volume and volatility rise within rise_s and fade with a time of fade_s."""

    at: str
    volume: Positive
    volatility: Positive
    rise_s: Positive = 60.0
    fade_s: Positive = 7_200.0
    text: str = ""


class Agent(_Table, frozen=True, kw_only=True):
    """Somebody who notices our children and sells ahead of the next ones."""

    on: bool = True
    since: str = "09:30:00"
    post: Share = 0.0  # chance to notice, by kind of child
    take: Share = 0.0
    hidden: Share = 0.0
    dark: Share = 0.0
    delay_ms: Positive = 120.0  # median
    delay_sd: NotNegative = 0.8  # of its logarithm
    size: NotNegative = 0.6  # sold, as a share of what was noticed
    fade: Share = 0.5  # chance that makers thin the bid as well
    in_front: Share = 0.0  # of buyers met at the mid, in front of our queue, while it is alert
    alert_s: NotNegative = 10.0  # after each time it acted
    impact_bps: Three = (0.0, 0.0, 0.0)  # of `unit` shares, by scale


class Halt(_Table, frozen=True, kw_only=True):
    """A trading halt; an auction reopens."""

    at: str
    minutes: Positive
    reopening: Whole = 5_000


class Strategy(_Table, frozen=True, kw_only=True):
    """How one strategy works; what a client may set overrides it by name."""

    by: Literal["volume", "time", "rate"]
    displayed: bool
    clip: tuple[Whole, Whole]
    patience_s: Positive = 4.0  # before a displayed child follows the touch
    life_s: Positive = 40.0
    behind: Positive = 400.0  # shares behind schedule from which it crosses (displayed) or displays (not displayed)
    ahead: NotNegative = 400.0  # shares it may have at work before they are due
    working: Annotated[int, msgspec.Meta(ge=1, le=10)] = 4
    cross_size: Whole = 0  # 0: never crosses on size
    dark: bool = False
    target: Share = 0.0  # of the volume, for `rate`
    most: Share = 0.3  # of the volume, for all


class Parent(_Table, frozen=True, kw_only=True):
    """The order of the day."""

    id: Word
    side: Literal["BUY", "SELL"]
    qty: Annotated[int, msgspec.Meta(ge=1, le=10**9)]
    at: str
    end: str = "16:00:00"
    strategy: Word = "VWAP"
    params: dict[str, str] = {}
    trader: str = ""
    account: str = ""
    desk: str = ""
    pm: str = ""
    broker: str = ""
    visibility: Literal["V3", "V2"] = "V3"


class World(_Table, frozen=True, kw_only=True):
    """One simulated day. `market` seeds flow and books, `noise` the exogenous price."""

    name: Word
    title: str
    note: str = ""  # shown on the screen: what is constructed about it
    date: str
    timezone: str = "America/New_York"
    open: str = "09:30:00"
    close: str = "16:00:00"
    market_seed: Whole = 1
    noise_seed: Whole = 1
    latency_us: Positive = 900.0
    listing: Listing
    noise: Noise
    volume: Volume
    books: Books
    impact: Impact
    agent: Agent = Agent(on=False)
    news: tuple[News, ...] = ()
    halts: tuple[Halt, ...] = ()
    parent: Parent
    strategies: dict[str, Strategy]
    ems: Script = Script()
    fees_mils: dict[str, Finite] = {}  # by liquidity letter, in thousandths of the currency a share; negative: a rebate

    def ns(self, clock: str) -> int:
        """A clock time of the day in ns since the epoch."""
        moment = datetime.combine(date.fromisoformat(self.date), time.fromisoformat(clock), ZoneInfo(self.timezone))
        return round(moment.timestamp()) * SECOND

    @property
    def mirrored(self) -> bool:
        """True when the own parent buys."""
        return self.parent.side == "BUY"


def world_of(table: dict[str, Any], where: str) -> World:
    """A world from its table. Raises SettingsError naming file, key, value and what is allowed."""
    try:
        world = msgspec.convert(table, World)
    except msgspec.ValidationError as error:
        what, _, path = str(error).partition(" - at `$.")
        raise SettingsError(complaint(where, path.rstrip("`") or "world", "", what)) from error
    _insist_on_times(world, where)
    if world.parent.strategy not in world.strategies:
        allowed = "one of " + ", ".join(sorted(world.strategies))
        raise SettingsError(complaint(where, "parent.strategy", world.parent.strategy, allowed))
    for name, strategy in world.strategies.items():
        if strategy.clip[0] < 1 or strategy.clip[0] > strategy.clip[1]:
            raise SettingsError(complaint(where, f"strategies.{name}.clip", strategy.clip, "1 <= smallest <= largest"))
    return world


def _insist_on_times(world: World, where: str) -> None:
    """Every clock time is one, and lies inside the day."""
    try:
        ZoneInfo(world.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise SettingsError(complaint(where, "timezone", world.timezone, f"a time zone: {error}")) from error
    try:
        date.fromisoformat(world.date)
    except ValueError as error:
        raise SettingsError(complaint(where, "date", world.date, f"YYYY-MM-DD: {error}")) from error
    named = {
        "open": world.open, "close": world.close, "parent.at": world.parent.at, "parent.end": world.parent.end,
        "agent.since": world.agent.since,
    }  # fmt: skip
    named |= {f"news.{k}.at": news.at for k, news in enumerate(world.news)}
    named |= {f"halts.{k}.at": halt.at for k, halt in enumerate(world.halts)}
    named |= {f"noise.pins.{k}": pin[0] for k, pin in enumerate(world.noise.pins)}
    for key, text in named.items():
        try:
            inside = _clock(world.open) <= _clock(text) <= _clock(world.close)
        except ValueError:
            inside = False
        if not inside:
            raise SettingsError(complaint(where, key, text, f"HH:MM:SS from {world.open} to {world.close}"))
    _insist_on_order(world, where)


def _clock(text: str) -> time:
    """A clock time of the exchange. ValueError for what is none, or is one of a zone of its own."""
    found = time.fromisoformat(text)
    if found.tzinfo is not None:
        raise ValueError("a time zone of its own")
    return found


def _insist_on_order(world: World, where: str) -> None:
    """What begins ends later, and within the day."""
    if world.ns(world.parent.end) <= world.ns(world.parent.at):
        raise SettingsError(complaint(where, "parent.end", world.parent.end, f"later than parent.at {world.parent.at}"))
    spans = [(world.ns(halt.at), world.ns(halt.at) + halt.minutes * 60 * SECOND) for halt in world.halts]
    for k, ((begin, end), halt) in enumerate(zip(spans, world.halts, strict=True)):
        if end >= world.ns(world.close):
            longest = (world.ns(world.close) - begin) / (60 * SECOND)
            allowed = f"less than {longest:g}, to the close"
            raise SettingsError(complaint(where, f"halts.{k}.minutes", halt.minutes, allowed))
        for other, (from_, to) in enumerate(spans[:k]):
            if begin <= to and from_ <= end:
                raise SettingsError(complaint(where, f"halts.{k}.at", halt.at, f"a halt apart from halts.{other}"))


def world_text(text: str, where: str) -> World:
    """A world from TOML text. Raises SettingsError."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{where}: the world is not TOML: {error}") from error
    return world_of(table, where)


WORLDS: Final = Path(__file__).resolve().parents[3] / "resources" / "worlds"


def load_world(path: Path | str) -> World:
    """A world by name (resources/worlds/NAME.toml) or by the path of its file; `extends` names another to start from.

    Raises SettingsError.
    """
    file = Path(path)
    if file.suffix != ".toml":
        file = WORLDS / f"{path}.toml"
    return world_of(table_of_file(file), str(file.name))


def table_of_file(file: Path, above: tuple[Path, ...] = ()) -> dict[str, Any]:
    """The table of a file over the one it starts from; `above`: the files that led to it. Raises SettingsError."""
    try:
        table = tomllib.loads(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file}: the world cannot be read: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{file}: the world is not TOML: {error}") from error
    start = table.pop("extends", None)
    if start is None:
        return table
    below = (file.parent / f"{start}.toml").resolve()
    above = (*above, file.resolve())
    if below in above:
        raise SettingsError(complaint(str(file), "extends", start, "a world that does not start from this one"))
    return _over(table_of_file(below, above), table)


def _over(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """One table over another, key by key."""
    merged = dict(below)
    for key, value in above.items():
        known = merged.get(key)
        merged[key] = _over(known, value) if isinstance(known, dict) and isinstance(value, dict) else value
    return merged


def worlds() -> list[str]:
    """Names of the shipped worlds."""
    return sorted(file.stem for file in WORLDS.glob("*.toml"))
