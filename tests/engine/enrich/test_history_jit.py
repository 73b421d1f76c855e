"""Compiled or plain Python: the same histories, look-ups, horizons and candidates, bit for bit."""

import hashlib
import os
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from app.engine.config import EngineConfig
from app.engine.enrich.asof import Horizons, Searches, first_valid, mid_range, resolve
from app.engine.enrich.history import TouchHistory
from app.engine.enrich.own_prints import WANTED, Matching, candidates, no_candidates
from app.engine.enrich.rows import JOIN
from app.engine.events import NAMED, PRINTED, STATUS_SET, TOUCHED, UNPRINTED
from app.engine.units import HORIZON_NAMES, HORIZON_NS, MILLISECOND, NULL, SECOND
from tests.engine.enrich.streams import INSTRUMENTS, NEVER, Change, changes, printed, ranks, status, touch, unprinted

ROOT = Path(__file__).resolve().parents[3]
GAPS = (0, 0, 1, 5, MILLISECOND, 30 * MILLISECOND, SECOND // 2, SECOND, 2 * SECOND, 5000 * SECOND)
KINDS = (TOUCHED, TOUCHED, TOUCHED, PRINTED, PRINTED, UNPRINTED, STATUS_SET, NAMED)


def stream(n: int, seed: int) -> list[Change]:
    """Changes that are the same in every process."""
    draw = random.Random(seed)
    out: list[Change] = []
    ts = 10**18
    for _ in range(n):
        ts += draw.choice(GAPS)
        where = {"venue": draw.randrange(3), "source": draw.randrange(3), "instrument": draw.randrange(INSTRUMENTS)}
        price, size = 10**11 + draw.randrange(3), draw.choice((1, 2, 300))
        rest = {"order_id": draw.choice((0, 7)), "side": draw.choice((1, 0, -1)), "condition": draw.randrange(7)}
        match draw.choice(KINDS):
            case 1:
                bid, ask = (draw.choice((NULL, price - 1 - draw.randrange(9))) for _ in range(2))
                ask = NULL if ask == NULL else 2 * price - ask - draw.randrange(4)
                second = NULL if bid == NULL else bid - 1
                out.append(touch(ts, bid, ask, bid2=second, bid_size=size, **where))
            case 2:
                out.append(printed(ts, price, size, **where, **rest))
            case 3:
                out.append(unprinted(ts, price, size, **where, order_id=rest["order_id"]))
            case 4:
                out.append(status(ts, draw.choice((1, 1, 1, 2, 3, 4)), **where))
            case _:
                out.append({**printed(ts, price, size, **where, order_id=7), "kind": NAMED})
    return out


def digests() -> list[str]:
    """Hashes of the state and of every kind of question, for two streams."""
    return [
        _digest(stream(1200, seed), EngineConfig(ring_ns=SECOND, ring_rows=ring))
        for seed, ring in ((1, 99), (2, 10**6))
    ]


def _digest(made: list[Change], config: EngineConfig) -> str:
    history = TouchHistory(config)
    history.describe(1, 1e-9)
    for at in range(0, len(made), 500):
        history.take(changes(*made[at : at + 500]))
        history.advance(made[min(at + 500, len(made) - 1)]["ts"] - SECOND, ranks())
    history.advance(NEVER, ranks())
    digest = hashlib.sha256()
    for name, array in history.save().items():
        digest.update(f"{name}{array.shape}".encode() + array.tobytes())
    times = np.array([change["ts"] + off for change in made for off in (-1, 0, SECOND)], np.int64)
    instruments = np.arange(len(times)) % INSTRUMENTS
    out = np.zeros(len(times), JOIN)
    history.look_up(np.stack([instruments, times, np.arange(len(times))]), out)
    digest.update(out.tobytes())
    digest.update(_questions(history, instruments, times))
    return digest.hexdigest()


def _questions(history: TouchHistory, instruments: NDArray[np.int64], times: NDArray[np.int64]) -> bytes:
    """Horizons, searches and candidates of own prints as bytes."""
    n = len(times)
    lengths = np.array(HORIZON_NS, np.int64)
    mid2, quality = np.full((n, len(lengths)), NULL), np.zeros((n, len(lengths)), np.uint8)
    last2 = np.full(n, NULL)
    waiting = Horizons(
        history.histories(), instruments.copy(), times.copy(), np.zeros(n, np.int64), np.arange(n), lengths,
        mid2, quality, last2, HORIZON_NAMES.index("1m"), int(times[-1]), int(times[-1]) - SECOND,
    )  # fmt: skip
    said = [str(int(resolve(waiting))).encode()]
    said += [array.tobytes() for array in (mid2, quality, last2)]
    for instrument, t in zip(instruments[::50].tolist(), times[::50].tolist(), strict=True):
        search = Searches(history.histories(), instrument, t, t + 3 * SECOND)
        said.append(repr([int(value) for value in (*first_valid(search), *mid_range(search))]).encode())
    wanted = np.zeros(n, WANTED)
    wanted["t"], wanted["instrument"], wanted["price"], wanted["size"] = times, instruments, 10**11 + 1, 2
    wanted["order_id"], wanted["venue"], wanted["dark"] = 7 * (times % 2), times % 4 - 1, times % 5 == 0
    found = no_candidates(n)
    prints = history.prints
    candidates(Matching(prints.pool, prints.offset, prints.count, wanted, found))
    return b"|".join([*said, found.tobytes()])


@pytest.mark.slow
@pytest.mark.jit
def test_that_kernels_give_the_same_bits_compiled_and_not() -> None:
    text = "from tests.engine.enrich.test_history_jit import digests; print(*digests())"
    run = subprocess.run(
        [sys.executable, "-c", text],
        cwd=ROOT, env={**os.environ, "NUMBA_DISABLE_JIT": "1"}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    compiled = digests()
    assert run.stdout.split() == compiled
    assert len(set(compiled)) == 2
    assert run.stderr == ""
