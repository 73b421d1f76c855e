"""States of all symbols side by side: what one takes, and that more of them leave the others as they are."""

import numpy as np

from app.engine.evidence.reference import Kernels
from app.engine.evidence.rows import CHECKS, RING
from app.engine.evidence.states import BYTES, NAMES, States
from app.engine.units import NULL
from tests.engine.evidence.made import KERNEL, S
from tests.engine.evidence.test_symbol import at

KERNELS = Kernels(np.array(KERNEL.g), np.array(KERNEL.signs), 100.0, 1.5, 7, 99)


def states() -> States:
    symbol = at(2 * S)
    return States(symbol.history, symbol.model, lean=True)


def test_that_a_symbol_takes_no_more_than_promised_whatever_their_number() -> None:
    some = states()
    for n in range(50):
        some.add(n, 5, KERNELS)
    rows = sum(getattr(some, name)[: some.count].nbytes for name in NAMES)
    assert rows == 50 * BYTES <= 50 * 16 * 1024
    assert len(some.streams) <= 2 * some.count
    assert some.rings.shape[1:] == (RING,)
    assert some.checks.shape[1:] == (CHECKS,)


def test_that_more_symbols_leave_the_others_as_they_are() -> None:
    some = states()
    places = [some.add(n, n + 1, KERNELS) for n in range(4)]
    some.streams["m"][2], some.rings["r"][2, 5], some.checks["m"][2, 3] = 1.0, 2.0, 3.0
    places += [some.add(n, n + 1, KERNELS) for n in range(4, 9)]
    assert places == list(range(9))
    assert (some.streams["m"][2], some.rings["r"][2, 5], some.checks["m"][2, 3]) == (1.0, 2.0, 3.0)
    assert some.symbols["tick"][:9].tolist() == list(range(1, 10))
    assert some.symbols["instrument"][:9].tolist() == list(range(9))


def test_that_a_place_says_what_its_symbol_is_and_that_nothing_was_heard() -> None:
    some = states()
    one = some.symbols[some.add(3, 5, KERNELS)]
    assert (one["size"], one["beta"], one["market"], one["silence"]) == (100.0, 1.5, 7, 99)
    assert one["g"].tolist() == list(KERNEL.g)
    assert one["signs"].tolist() == list(KERNEL.signs)
    assert one["passed"] == NULL
    assert (some.checks[0]["cursor"] == NULL).all()
    assert some.streams["cursor"][0] == 0
