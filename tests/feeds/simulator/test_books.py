"""The books of a simulated day, replayed by other means: price before time, queues in turn, nothing crossed."""

import hashlib
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from app.engine.events import Rows
from app.kernel_cache import OVERRIDE, cache_root
from tests.feeds.simulator.small import SWITCH, day_of, small_world

pytestmark = pytest.mark.slow  # processes, whole days or whole windows

DAY_TEXT = """
import hashlib
from tests.feeds.simulator.small import SWITCH, day_of, small_world
market = day_of(small_world(), SWITCH)[1]
print(hashlib.sha256(market.tobytes()).hexdigest())
"""


@dataclass
class Replay:
    """Queues by (venue, side, price), kept from the rows alone."""

    queues: dict[tuple[int, int, int], list[int]] = field(default_factory=dict)
    sizes: dict[int, int] = field(default_factory=dict)
    where: dict[int, tuple[int, int, int]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def best(self, venue: int | None, side: int) -> int | None:
        """Best price of a side, of one venue or of all."""
        found = [
            price for (at, of, price), queue in self.queues.items() if queue and of == side and venue in {None, at}
        ]
        return max(found, key=lambda price: side * price, default=None)

    def take(self, row: Rows) -> None:
        """Apply one row and note what is wrong with it."""
        letter, order, size = chr(int(row["action"])), int(row["order_id"]), int(row["size"])
        place = int(row["venue"]), int(row["side"]), int(row["price"])
        if letter == "A":
            if order in self.sizes:
                self.faults.append(f"{order} added twice")
            self.sizes[order], self.where[order] = size, place
            self.queues.setdefault(place, []).append(order)
        elif letter == "F":
            if self.where.get(order) != place or self.queues[place][0] != order:
                self.faults.append(f"{order} filled out of turn")
            if self.best(place[0], place[1]) != place[2]:
                self.faults.append(f"{order} filled behind a better price")
        elif letter == "C":
            self.sizes[order] -= size
            if self.sizes[order] < 0 or self.where[order] != place:
                self.faults.append(f"{order} cancelled wrongly")
            if self.sizes[order] == 0:
                self.queues[place].remove(order)


@pytest.fixture(scope="module")
def market() -> Rows:
    """Rows of the small day."""
    return day_of(small_world(), SWITCH)[1]


def test_that_queues_are_first_in_first_out_and_prices_come_first(market: Rows) -> None:
    replay = Replay()
    filled = 0
    for row in market[:40_000]:
        replay.take(row)
        filled += int(row["action"]) == ord("F")
    assert replay.faults == []
    assert filled > 300


def test_that_the_market_is_never_locked_or_crossed(market: Rows) -> None:
    replay = Replay()
    for number, row in enumerate(market[:40_000]):
        replay.take(row)
        if number % 50 == 0:
            bid, ask = replay.best(None, 1), replay.best(None, -1)
            if bid is not None and ask is not None:
                assert bid < ask, number


def test_that_the_spread_is_one_to_a_few_ticks_with_depth_on_both_sides(market: Rows) -> None:
    replay = Replay()
    spreads = []
    for number, row in enumerate(market[:40_000]):
        replay.take(row)
        if number > 2_000 and number % 100 == 0:
            bid, ask = replay.best(None, 1), replay.best(None, -1)
            assert bid is not None
            assert ask is not None
            spreads.append((ask - bid) // 10_000_000)
    assert 1.0 <= sum(spreads) / len(spreads) < 2.5
    assert max(spreads) <= 12
    for side in (1, -1):
        resting = sum(
            replay.sizes[order] for (_, of, _), queue in replay.queues.items() if of == side for order in queue
        )
        assert resting > 5_000


@pytest.mark.jit
@pytest.mark.slow
def test_that_the_day_is_the_same_with_the_jit_off(market: Rows, repository: Path) -> None:
    settings = {**os.environ, "NUMBA_DISABLE_JIT": "1", OVERRIDE: str(cache_root()), "PYTHONPATH": str(repository)}
    done = subprocess.run([sys.executable, "-c", DAY_TEXT], env=settings, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == hashlib.sha256(market.tobytes()).hexdigest()
