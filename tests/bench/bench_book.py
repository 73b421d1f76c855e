"""Books: an order-by-order stream of 50 instruments, in blocks, against a book of plain Python dictionaries.

python -m tests.bench.bench_book
"""

import random
import time
from bisect import bisect_left, insort
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from app.kernel_cache import use_kernel_cache

use_kernel_cache()  # before anything imports Numba

from app.engine.book import Books  # noqa: E402
from app.engine.events import MARKET, Rows  # noqa: E402
from app.engine.units import ADD, ASK, BID, CANCEL, LAST, MODIFY, NULL  # noqa: E402

ROWS = 200_000
INSTRUMENTS = 50
RESTING = 20_000
TICK = 10_000_000
REPEATS = 5
WANTED = 10.0  # times as fast as the plain book, in blocks of 4096
BLOCKS = (64, 512, 4096, 16384)


def stream(n: int) -> Rows:
    """A valid stream of adds, cancels, reductions and changes near a wandering price, every row an event."""
    draw = random.Random(1)
    middle = [100_000] * INSTRUMENTS
    resting: list[list[list[int]]] = [[] for _ in range(INSTRUMENTS)]
    rows = np.zeros(n, MARKET)
    made = []
    for at in range(n):
        book = draw.randrange(INSTRUMENTS)
        orders = resting[book]
        away = 1 + int(draw.expovariate(0.25))
        if not orders or draw.random() < (0.9 if len(orders) < RESTING // INSTRUMENTS else 0.45):
            side = draw.choice((BID, ASK))
            order = [at, side, middle[book] - side * away, 100 * draw.randrange(1, 6)]
            orders.append(order)
            made.append((ADD, *order, book))
        else:
            nth = draw.randrange(len(orders))
            order = orders[nth]
            kind = draw.random()
            if kind < 0.8:
                made.append((CANCEL, *order, book))
                orders[nth] = orders[-1]
                orders.pop()
            elif kind < 0.9 and order[3] > 100:
                order[3] -= 100
                made.append((CANCEL, *order[:3], 100, book))
            else:
                order[2] = middle[book] - order[1] * away
                made.append((MODIFY, *order, book))
        middle[book] += draw.choice((0,) * 48 + (1, -1))
    for name, values in zip(
        ("action", "order_id", "side", "price", "size", "instrument"), zip(*made, strict=True), strict=True
    ):
        rows[name] = values
    rows["price"] *= TICK
    rows["flags"] = LAST
    return rows


@dataclass
class PlainSide:
    """Sorted keys (best last) and [size, orders] by key."""

    keys: list[int] = field(default_factory=list)
    levels: dict[int, list[int]] = field(default_factory=dict)

    def give(self, key: int, size: int) -> None:
        """Add an order."""
        level = self.levels.get(key)
        if level is None:
            insort(self.keys, key)
            self.levels[key] = [size, 1]
        else:
            level[0] += size
            level[1] += 1

    def take(self, key: int, size: int, orders: int) -> None:
        """Take a size and maybe an order."""
        level = self.levels[key]
        level[0] -= size
        level[1] -= orders
        if not level[0]:
            del self.levels[key]
            del self.keys[bisect_left(self.keys, key)]

    def touch(self) -> tuple[int, ...]:
        """Best two levels."""
        keys = self.keys
        if not keys:
            return (NULL, NULL, NULL, NULL, 0)
        size, orders = self.levels[keys[-1]]
        if len(keys) == 1:
            return (keys[-1], size, NULL, NULL, orders)
        return (keys[-1], size, keys[-2], self.levels[keys[-2]][0], orders)


def plain(rows: list[tuple[int, ...]]) -> int:
    """Touches that changed, by dictionaries and sorted lists."""
    books = [{BID: PlainSide(), ASK: PlainSide()} for _ in range(INSTRUMENTS)]
    orders: dict[int, tuple[int, int, int]] = {}
    touches: list[tuple[int, ...]] = [()] * INSTRUMENTS
    changed = 0
    for action, order_id, side, price, size, instrument in rows:
        sides = books[instrument]
        if action != ADD:
            old_side, key, old = orders.pop(order_id)
            left = old - size if action == CANCEL else 0
            sides[old_side].take(key, old - left, 0 if left else 1)
            if left:
                orders[order_id] = (old_side, key, left)
        if action != CANCEL:
            orders[order_id] = (side, price * side, size)
            sides[side].give(price * side, size)
        touch = sides[BID].touch() + sides[ASK].touch()
        if touch != touches[instrument]:
            touches[instrument] = touch
            changed += 1
    return changed


def best_of(work: Callable[[], int]) -> tuple[float, int]:
    """Fastest of some runs in seconds, and the result."""
    times, result = [], 0
    for _ in range(REPEATS):
        start = time.perf_counter()
        result = work()
        times.append(time.perf_counter() - start)
    return min(times), result


def blockwise(rows: Rows, block: int) -> int:
    """Touches that changed, by the engine's books."""
    books = Books()
    return sum(len(books.apply(rows[at : at + block])) for at in range(0, len(rows), block))


def main() -> int:
    """Print rows a second per block size; both books must see the same number of touches."""
    rows = stream(ROWS)
    names = ["action", "order_id", "side", "price", "size", "instrument"]
    listed = rows[names].tolist()
    blockwise(rows[:1], 1)  # compiled
    slow, expected = best_of(lambda: plain(listed))
    print(f"book plain Python       {1e9 * slow / ROWS:8.1f} ns a row")
    ratios = {}
    for block in BLOCKS:
        fast, seen = best_of(lambda block=block: blockwise(rows, block))  # type: ignore[misc]
        ratios[block] = slow / fast
        speed = f"{1e9 * fast / ROWS:8.1f} ns a row   {ROWS / fast / 1e6:5.1f} M rows/s   {ratios[block]:5.1f} x plain"
        print(f"book in blocks of {block:5d}{speed}")
        if seen != expected:
            print(f"book: {seen} touches in blocks of {block}, {expected} in plain Python")
            return 1
    return 0 if ratios[4096] >= WANTED else 1


if __name__ == "__main__":
    raise SystemExit(main())
