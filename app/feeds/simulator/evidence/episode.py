"""Episodes: hours of a market of several instruments with own parents in it, as ordinary rows, and what is true.

Each instrument is run with and without the agent, over the same noise: the difference in what was paid is the leak.
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from app.engine.errors import SettingsError, complaint
from app.engine.events import Instrument, OrderRow, Rows
from app.engine.units import PRICE_SCALE, SECOND
from app.engine.universe import Universe
from app.feeds.base import in_order
from app.feeds.simulator.evidence import cells as c
from app.feeds.simulator.evidence.cells import Floats, Ints, Pit
from app.feeds.simulator.evidence.outside import (
    AFTER_S,
    BEFORE_S,
    DAY_S,
    Outside,
    Shared,
    midnight_of,
    outside_of,
    shared_of,
    stream_of,
)
from app.feeds.simulator.evidence.played import Placed, play
from app.feeds.simulator.evidence.setting import EvidenceWorld
from app.feeds.simulator.evidence.tape import Turned, index_rows, market_rows, merged
from app.feeds.simulator.evidence.told import Teller, order_rows
from app.feeds.simulator.evidence.truth import Truth, truth_of

_ORDERS: Final = 5  # purpose of random numbers
_ROOM: Final = 3.2  # rows of the tape for each event from outside
INDEX: Final = "INDEX"
INDEX_PRICE: Final = 500.0
INDEX_TICK: Final = 0.01


@dataclass(slots=True)
class Episode:
    """Rows as a feed would give them, and the truth about each own parent.

    `market`: events.MARKET in the order of application; `orders` likewise. `own`, `marks` and `tapes`: the same facts
    packed, by instrument, for those who do without rows.
    """

    world: str
    seed: int
    universe: Universe
    market: Rows
    orders: list[OrderRow]
    truths: list[Truth]
    own: list[Ints] = field(default_factory=list)
    marks: list[Floats] = field(default_factory=list)


def _drawn_parents(world: EvidenceWorld, seed: int, instrument: int, shared: Shared) -> tuple[Ints, int, float]:
    """Parents of one instrument, whether it is turned, and its beta."""
    rng, orders = stream_of(world, seed, instrument, _ORDERS), world.orders
    turn = 1 if rng.random() < 0.5 else -1
    beta = 1.0 + world.market.beta_sd * float(rng.standard_normal())
    weights = np.array([orders.algos.get(name, 0.0) for name in c.ALGOS])
    bounds = np.cumsum(weights) / weights.sum()
    parents = np.zeros((orders.per_instrument, c.A_COLUMNS), np.int64)
    part_s = (shared.seconds - BEFORE_S - AFTER_S) / (1 if orders.together else orders.per_instrument)
    for k, row in enumerate(parents):
        u = rng.random(6)
        algo = min(int(np.searchsorted(bounds, u[0], side="right")), len(c.ALGOS) - 1)
        length = min(orders.minutes * 60.0 * (1.0 + orders.minutes_spread * (2.0 * u[1] - 1.0)), part_s)
        start = BEFORE_S + (0.0 if orders.together else k * part_s) + u[2] * (part_s - length)
        slices = orders.children / world.calibrated.per_slice.get(c.ALGOS[algo], 1.5)
        row[c.A_SIDE] = 1 if orders.one_sided or u[3] < 0.5 else -1
        row[c.A_START] = shared.begin_ns + int(start * SECOND)
        row[c.A_END] = row[c.A_START] + int(length * SECOND)
        row[c.A_ALGO] = algo
        row[c.A_CLIP] = orders.clip
        row[c.A_QTY] = max(round(slices), 1) * orders.clip
        row[c.A_FIRST] = -1
        row[c.A_LEAKS] = 1 if u[4] < world.agent.leaking else 0
        row[c.A_PATIENCE] = int(orders.patience_s * SECOND * (2.0 if algo == c.PASSIVE else 1.0))
    return parents, turn, beta


def _placed(world: EvidenceWorld, drawn: tuple[Ints, int, float], curve: Floats, begin_ns: int) -> Placed:
    """With the volume expected while each parent works."""
    parents, turn, beta = drawn
    for row in parents:
        span = slice((row[c.A_START] - begin_ns) // SECOND, (row[c.A_END] - begin_ns) // SECOND)
        volume = (curve[min(span.stop, len(curve) - 1)] - curve[span.start]) * world.market.trades.per_s
        row[c.A_EXPECTED] = max(int(volume * world.market.trades.size), 1)
    return Placed(parents, turn, beta)


def _figures(world: EvidenceWorld, beta: float, drift: float) -> Floats:
    """Real parameters of the market."""
    m, agent = world.market, world.agent
    signal, spread, impact = m.signal, m.spread, m.impact
    f = np.zeros(c.FS)
    f[c.F_TICK] = m.tick / m.price * 1e4
    f[c.F_BETA], f[c.F_DRIFT] = beta, drift
    f[c.F_G : c.F_G + c.SCALES], f[c.F_TAU : c.F_TAU + 3] = impact.bps, impact.tau_s
    f[c.F_Q0], f[c.F_OWN] = impact.unit, impact.own
    f[c.F_KAPPA], f[c.F_SIGNAL_TAU] = signal.bps / signal.tau_s, signal.tau_s
    f[c.F_LEAD], f[c.F_TILT] = signal.lead, signal.tilt
    f[c.F_DEPTH], f[c.F_FIRST], f[c.F_MEMORY], f[c.F_NOISE] = m.depth, m.first_venue, m.depth_memory, m.depth_noise
    f[c.F_HYSTERESIS], f[c.F_ONE], f[c.F_TWO] = spread.hysteresis, spread.one_tick, spread.two_ticks
    f[c.F_RESPREAD] = min(1.0 / (spread.dwell_s * m.looks_per_s), 1.0)
    f[c.F_SHARE], f[c.F_POST], f[c.F_TAKE] = world.notices, agent.post, agent.take
    f[c.F_DELAY], f[c.F_DELAY_SD] = agent.delay_s, agent.delay_sd
    f[c.F_FLOW], f[c.F_SIZE] = agent.flow, agent.size
    f[c.F_FADE], f[c.F_FADE_DEPTH], f[c.F_FADE_TAU] = agent.fade_ticks, agent.fade_depth, agent.fade_tau_s
    f[c.F_AT_FIRST], f[c.F_AT_SECOND] = agent.venues
    f[c.F_SINCE], f[c.F_UNTIL] = agent.since, agent.until
    return f


def _pit(world: EvidenceWorld, placed: Placed, outside: Outside, given: tuple[Shared, Floats, int]) -> Pit:
    """The arrays of one instrument before its first event; `given`: what is shared, the factor, the seed."""
    shared, factor, seed = given
    p = np.zeros(c.PS, np.int64)
    p[c.P_BEGIN], p[c.P_SEED], p[c.P_PARENTS] = shared.begin_ns, seed, len(placed.parents)
    p[c.P_MIDDLE], p[c.P_LOT] = round(world.market.price / world.market.tick), world.market.lot
    z = np.zeros(c.ZS, np.int64)
    z[c.Z_NOW] = z[c.Z_REFRESHED] = shared.begin_ns
    z[c.Z_SPREAD] = 1
    waiting = np.full((c.WAITING, c.WAITING_COLUMNS), c.NEVER, np.int64)
    children = sum(3 * int(row[c.A_QTY]) // int(row[c.A_CLIP]) + 300 for row in placed.parents)
    return Pit(
        p=p, f=_figures(world, placed.beta, shared.drift * placed.turn), z=z, x=np.zeros(c.XS),
        times=outside.times, kinds=outside.kinds, signs=outside.signs, sizes=outside.sizes, draws=outside.draws,
        spread=outside.spread, curve=outside.curve, factor=factor * placed.turn, venues=np.zeros((c.VENUES, c.VS)),
        touch=np.zeros((c.VENUES, c.TS), np.int64), parents=placed.parents.copy(),
        before=np.zeros((len(placed.parents), c.B_COLUMNS)), slots=np.zeros((c.SLOTS, c.S_COLUMNS), np.int64),
        waiting=waiting, children=np.zeros((children, c.C_COLUMNS), np.int64),
        tape=np.zeros((int(_ROOM * len(outside.times)) + 12 * children, c.R_COLUMNS), np.int64),
        told=np.zeros((5 * children, c.O_COLUMNS), np.int64), marks=np.zeros((5 * children, c.M_COLUMNS)),
    )  # fmt: skip


def universe_of(world: EvidenceWorld, betas: list[float]) -> Universe:
    """Names and reference data of an episode: venues and sources 0 and 1 are the books', 2 the index's."""
    universe, market = Universe(), world.market
    opens = midnight_of(world)
    adv = market.trades.per_s * market.trades.size * DAY_S
    for k, beta in enumerate(betas):
        universe.describe(
            Instrument(
                instrument=f"E{k:02d}", currency="USD", quote_currency="USD",
                tick_size=round(market.tick * PRICE_SCALE), lot=1, adv=adv, shares_outstanding=200.0 * adv,
                daily_sigma=market.daily_bps * 1e-4, beta=beta, index=INDEX, sector="simulated",
                timezone=world.timezone, open_ns=opens, close_ns=opens + DAY_S * SECOND,
            )
        )  # fmt: skip
    universe.describe(
        Instrument(
            instrument=INDEX, currency="USD", quote_currency="USD", tick_size=round(INDEX_TICK * PRICE_SCALE), lot=1,
            timezone=world.timezone, open_ns=opens, close_ns=opens + DAY_S * SECOND,
        )
    )  # fmt: skip
    for venue, source in (("XNAS", "nas"), ("ARCX", "arca"), ("INDX", "index")):
        universe.venues.index(venue)
        universe.sources.index(source)
    return universe


def instruments_of(world: EvidenceWorld, seed: int, *, mirror: bool = False) -> tuple[Shared, list[tuple[Pit, Placed]]]:
    """The instruments of an episode before they are run."""
    shared = shared_of(world, seed)
    if mirror:
        shared = shared._replace(factor=-shared.factor, drift=-shared.drift)
    pits = []
    for k in range(1, world.market.instruments + 1):
        parents, turn, beta = _drawn_parents(world, seed, k, shared)
        outside = outside_of(world, seed, k, shared)
        drawn = (parents, -turn if mirror else turn, beta)
        placed = _placed(world, drawn, outside.curve, shared.begin_ns)
        pits.append((_pit(world, placed, outside, (shared, shared.factor, (seed << 8) + k)), placed))
    return shared, pits


def is_watched(world: EvidenceWorld) -> bool:
    """True where somebody watches. Raises SettingsError where it is not known how closely."""
    agent = world.agent
    if agent.target_bps > 0.0 and agent.share is None and world.notices == 0.0:
        allowed = f"a share, or one found by `scorecard evidence calibrate {world.name}`"
        raise SettingsError(complaint(world.name, "agent.share", None, allowed))
    return world.notices > 0.0


def episode_of(
    world: EvidenceWorld, seed: int, *, agent: bool = True, mirror: bool = False, rows: bool = True
) -> Episode:
    """The episode of a seed. `agent=False`: nobody watches, all else is the same. `mirror`: buyers sell, prices turn.

    `rows=False`: no market and order rows, truths and packed facts only.
    """
    watched = agent and is_watched(world)
    shared, pits = instruments_of(world, seed, mirror=mirror)
    universe = universe_of(world, [placed.beta for _, placed in pits])
    episode = Episode(world.name, seed, universe, market_rows([]), [], [])
    tapes, teller = [], Teller(world, seed)
    for k, (pit, placed) in enumerate(pits):
        played = play(pit, placed, agent=watched, tell=rows)
        calm = play(pit, placed, agent=False, tell=False) if watched else played
        turned = Turned(k, placed.turn, int(pit.p[c.P_MIDDLE]), round(world.market.tick * PRICE_SCALE))
        episode.truths += truth_of(played, calm, (f"{world.name}-{seed}", turned))
        episode.own.append(played.told)
        episode.marks.append(played.marks)
        if rows:
            tapes.append((played.tape, turned))
            episode.orders += order_rows(teller, played, turned)
    if rows:
        index = index_rows(shared, len(pits), (INDEX_PRICE, INDEX_TICK))
        episode.market = merged([market_rows(tapes), index])
        episode.orders = in_order(episode.orders)
    return episode
