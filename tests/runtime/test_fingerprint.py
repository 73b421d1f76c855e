"""The input hash: the same for the same rows in any order, another for anything else."""

import time

import msgspec
import numpy as np
import pytest

from app.engine.events import MARKET, Control, Instrument, OrderRow, Rows
from app.engine.universe import Universe
from app.runtime.fingerprint import Fingerprint
from tests.runtime.made import market, orders, pieces, universe


def of(rows: Rows, own: list[OrderRow] | None = None, names: Universe | None = None) -> str:
    fingerprint = Fingerprint(names or universe())
    fingerprint.add_market(rows)
    fingerprint.add_orders(tuple(own or ()))
    return fingerprint.hex()


def test_that_order_and_blocks_do_not_matter() -> None:
    rows = market(500)
    mixed = Fingerprint(universe())
    mixed.add_orders(tuple(reversed(orders(rows))))
    for piece in pieces(rows[np.random.default_rng(1).permutation(500)]):
        mixed.add_market(piece)
    assert mixed.hex() == of(rows, orders(rows))


def test_that_rows_count_by_name_and_not_by_number() -> None:
    rows = market(100)
    other = Universe()
    for name in ("I2", "I0", "I1"):
        other.instruments.index(name)
    for name in ("V1", "V0"):
        other.venues.index(name)
    for name in ("NEVER SEEN", "S0", "S1"):
        other.sources.index(name)
    renumbered = rows.copy()
    renumbered["instrument"] = np.array([1, 2, 0])[rows["instrument"]]
    renumbered["venue"] = 1 - rows["venue"]
    renumbered["source"] = rows["source"] + 1
    assert of(renumbered, names=other) == of(rows)
    assert of(renumbered) != of(rows)


@pytest.mark.parametrize("name", [n for n in MARKET.names or () if n not in {"rec", "pad"}])
def test_that_every_column_counts(name: str) -> None:
    rows = market(50)
    changed = rows.copy()
    if name in {"instrument", "venue", "source"}:
        changed[name][7] = 1 - min(1, int(changed[name][7]))
    else:
        changed[name][7] ^= 1
    assert of(changed) != of(rows)


def test_that_a_position_in_a_file_and_padding_do_not_count() -> None:
    rows = market(50)
    changed = rows.copy()
    changed["rec"] += 1000
    changed["pad"] = 7
    assert of(changed) == of(rows)
    own = orders(rows)
    assert of(rows, [msgspec.structs.replace(row, rec=5) for row in own]) == of(rows, own)


def test_that_a_row_given_twice_counts_twice() -> None:
    rows = market(50)
    assert of(np.concatenate([rows, rows[:1]])) != of(rows)
    assert of(rows[:0]) == "0" * 32


def test_that_values_swapped_between_rows_or_columns_count() -> None:
    rows = market(50)
    swapped = rows.copy()
    swapped["size"], swapped["size2"] = rows["size2"], rows["size"]
    assert of(swapped) != of(rows)
    crossed = rows.copy()
    crossed["ts_recv"][:2] = [5, 9]
    other = rows.copy()
    other["ts_recv"][:2] = [9, 5]
    assert of(crossed) != of(other)


def test_that_own_and_control_rows_and_reference_data_count() -> None:
    rows = market(50)
    own = orders(rows)
    assert of(rows, own) != of(rows, own[:-1])
    assert of(rows, own) != of(rows, [msgspec.structs.replace(own[0], price=1), *own[1:]])
    control = Fingerprint(universe())
    control.add_controls((Control(ts_event=1, kind="gap", source="S0"),))
    assert control.hex() != of(rows[:0])
    described = universe()
    described.describe(Instrument(instrument="I0", adv=5.0))
    assert of(rows, names=described) != of(rows)
    converted = universe()
    converted.fx["EURUSD"] = [(1, 1.5)]
    assert of(rows, names=converted) != of(rows)


def test_that_names_that_come_later_are_known_when_they_come() -> None:
    names = universe(instruments=1)
    rows = market(20)
    rows["instrument"] = 0
    late = rows.copy()
    late["instrument"] = 1
    fingerprint = Fingerprint(names)
    fingerprint.add_market(rows)
    names.instruments.index("I1")
    fingerprint.add_market(late)
    assert fingerprint.hex() == of(np.concatenate([late, rows]))


def test_that_rows_without_a_name_are_hashed_too() -> None:
    rows = market(20)
    rows["venue"] = -1
    assert of(rows) != of(market(20))


def test_that_a_million_rows_take_a_fraction_of_a_second() -> None:
    rows = market(65_536)
    fingerprint = Fingerprint(universe())
    began = time.process_time()
    for _ in range(16):
        fingerprint.add_market(rows)
    assert time.process_time() - began < 0.5
