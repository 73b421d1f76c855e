"""What a world's market is like, measured on its clean episodes: volatility, spreads, memory of signs."""

from typing import Final, NamedTuple

import numpy as np

from app.engine.units import SECOND
from app.feeds.simulator.evidence import cells as c
from app.feeds.simulator.evidence.cells import Floats, Ints, Pit
from app.feeds.simulator.evidence.episode import instruments_of
from app.feeds.simulator.evidence.outside import BEFORE_S, DAY_S
from app.feeds.simulator.evidence.played import Placed, play
from app.feeds.simulator.evidence.setting import EvidenceWorld

RETURN_S: Final = 300  # long enough that what trades pressed for a while is gone
LAGS: Final = (1, 2, 4, 8, 16, 32, 64, 128)


class Seen(NamedTuple):
    """One instrument of an episode: squared returns of a plain day, ticks of spread, signs of trades, children."""

    variance: float  # bps^2 a plain day
    spreads: Ints  # touches of 0, 1, 2 ... ticks
    memory: Floats  # autocorrelation of signs at LAGS
    trades_per_s: float
    foresight: float  # correlation of imbalance with the next 5 s of the mid
    per_slice: list[tuple[str, float]]  # children sent for each slice, by algo


def seen_in(world: EvidenceWorld, seed: int) -> list[Seen]:
    """The instruments of a clean episode."""
    shared, pits = instruments_of(world, seed)
    return [_seen(pit, placed, shared.seconds) for pit, placed in pits]


def weighted_mid(tape: Ints, tick_bps: float) -> tuple[Ints, Floats]:
    """Times of a tape's quotes and their weighted mid in bps from the middle."""
    quotes = tape[tape[:, c.R_ACTION] == c.QUOTED].astype(np.float64)
    bid, bid_size, ask, ask_size = (quotes[:, k] for k in (c.R_PRICE, c.R_SIZE, c.R_PRICE2, c.R_SIZE2))
    mid = (bid * ask_size + ask * bid_size) / (bid_size + ask_size)
    return quotes[:, c.R_AT].astype(np.int64), mid * tick_bps


def _seen(pit: Pit, placed: Placed, seconds: int) -> Seen:
    played = play(pit, placed, agent=False, tell=True)
    tape = played.tape
    times, mid = weighted_mid(tape, float(pit.f[c.F_TICK]))
    grid = np.arange(BEFORE_S, seconds - 1)
    at = np.searchsorted(times, int(pit.p[c.P_BEGIN]) + grid * SECOND) - 1
    quotes = tape[tape[:, c.R_ACTION] == c.QUOTED]
    plain = quotes[:, c.R_PRICE] + quotes[:, c.R_PRICE2]
    shares = (quotes[:, c.R_SIZE] - quotes[:, c.R_SIZE2]) / (quotes[:, c.R_SIZE] + quotes[:, c.R_SIZE2])
    path = mid[at]
    moves = path[RETURN_S:] - path[:-RETURN_S]
    expected = pit.curve[grid[-1]] - pit.curve[grid[0]]
    signs = tape[tape[:, c.R_ACTION] == c.TRADED][:, c.R_SIDE].astype(np.float64)
    signs -= signs.mean()
    ahead = plain[at[5:]] - plain[at[:-5]]
    return Seen(
        variance=float(np.mean(moves**2) / RETURN_S * (len(grid) / expected) * DAY_S),
        spreads=np.bincount((quotes[:, c.R_PRICE2] - quotes[:, c.R_PRICE]).astype(np.int64), minlength=5),
        memory=np.array([np.mean(signs[lag:] * signs[:-lag]) for lag in LAGS]) / float(np.mean(signs**2)),
        trades_per_s=len(signs) / seconds,
        foresight=float(np.corrcoef(shares[at[:-5]], ahead)[0, 1]),
        per_slice=[
            (c.ALGOS[row[c.A_ALGO]], float(row[c.A_CHILDREN] * row[c.A_CLIP] / row[c.A_QTY]))
            for row in played.pit.parents
        ],
    )  # fmt: skip
