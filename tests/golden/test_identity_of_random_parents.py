"""The running identity of 20,000 random parents, exact in integers, against a literal fold of its definition."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.metrics.figure import Exact, Figure
from app.engine.metrics.identity import Execution, Shortfall
from app.engine.units import PRICE_SCALE

P = PRICE_SCALE
PARENTS_PER_EXAMPLE = 400  # 50 examples: 20,000 random parents


@dataclass
class LiteralFold:
    """The definition, step by step: R and m walk along, parts are added up as things happen."""

    side: int
    rest: int
    arrival2: int
    m2: int
    inverse: bool
    spread: Exact = 0
    drift: Exact = 0
    amend: Exact = 0
    fills: list[tuple[int, int]] = field(default_factory=list)

    def gap(self, from2: int, to2: int) -> Exact:
        """What one unit loses between two doubled prices, in money2 (inverse: valued at arrival)."""
        if self.inverse:
            return (Fraction(1, from2) - Fraction(1, to2)) * self.arrival2 * 2 * P
        return to2 - from2

    def move(self, m2: int) -> None:
        self.drift += self.side * self.rest * self.gap(self.m2, m2)
        self.m2 = m2

    def fill(self, qty: int, price: int) -> None:
        self.spread += self.side * qty * self.gap(self.m2, 2 * price)
        self.rest -= qty
        self.fills.append((qty, price))

    def amended(self, change: int) -> None:
        self.amend += self.side * change * self.gap(self.arrival2, self.m2)
        self.rest += change

    def direct(self) -> Exact:
        """Shortfall marked to now, by its own definition."""
        total: Exact = self.side * self.rest * self.gap(self.arrival2, self.m2)
        for qty, price in self.fills:
            total += self.side * qty * self.gap(self.arrival2, 2 * price)
        return total


def value(figure: Figure[Exact]) -> Exact:
    assert figure.value is not None, figure.reason
    assert figure.reason == ""
    return figure.value


def assert_same(account: Shortfall, fold: LiteralFold) -> None:
    spread, drift, amend = value(account.spread()), value(account.drift()), value(account.amended())
    assert (spread, drift, amend) == (fold.spread, fold.drift, fold.amend)
    assert spread + drift + amend == value(account.marked()) == fold.direct()
    if not account.inverse:
        assert isinstance(spread, int)
        assert isinstance(drift, int)
        assert isinstance(amend, int)
    assert account.rest == fold.rest


def walk(rng: random.Random, size: int) -> Iterator[int]:
    m2 = rng.randrange(2 * P, 2000 * P)
    for _ in range(size):
        m2 = max(1, m2 + rng.randrange(-P // 10, P // 10 + 1))
        yield m2


def random_parent(rng: random.Random) -> None:
    """One parent of up to a dozen events; the identity is asserted after each."""
    side, inverse = rng.choice((1, -1)), rng.random() < 0.05
    mids = walk(rng, 40)
    arrival2, qty = next(mids), rng.randrange(1, 10 ** rng.randrange(1, 11))
    account = Shortfall(side, qty, arrival2, inverse=inverse)
    fold = LiteralFold(side, qty, arrival2, arrival2, inverse)
    total = qty
    for _ in range(rng.randrange(1, 12)):
        m2 = next(mids)
        fold.move(m2)
        account.mark(m2)
        chance = rng.random()
        if chance < 0.6:
            done, price = rng.randrange(1, qty + 1), max(1, m2 // 2 + rng.randrange(-P // 50, P // 50))
            fold.fill(done, price)
            account.fill(Execution(done, price, m2))
        elif chance < 0.8:
            change = rng.randrange(-qty, qty + 1)
            total += change
            fold.amended(change)
            account.amend(total, m2)
        assert_same(account, fold)


@pytest.mark.slow
@given(st.integers(0, 2**64))
def test_that_the_parts_of_random_parents_add_up_to_their_shortfall_in_exact_integers(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(PARENTS_PER_EXAMPLE):
        random_parent(rng)
