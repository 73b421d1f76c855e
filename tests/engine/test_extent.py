"""The extent of market rows: what numpy says of each field, in one pass."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from app.engine.events import MARKET
from app.engine.extent import Extent, extent
from app.engine.units import LAST, NULL, SNAPSHOT


@given(st.integers(1, 40), st.integers(0, 2**32))
def test_that_it_is_what_numpy_says(count: int, seed: int) -> None:
    draw = np.random.default_rng(seed)
    rows = np.zeros(count, MARKET)
    for name in ("ts_event", "ts_recv"):
        rows[name] = draw.integers(-(2**62), 2**62, count)
    for name in ("instrument", "venue", "source"):
        rows[name] = draw.integers(-5, 30_000, count)
    rows["flags"] = draw.choice([0, SNAPSHOT, LAST, SNAPSHOT | LAST], count)
    times = np.where(rows["flags"] & SNAPSHOT != 0, rows["ts_recv"], rows["ts_event"])
    fields = [(int(rows[name].min()), int(rows[name].max())) for name in ("instrument", "venue", "source")]
    instrument, venue, source = fields
    assert extent(rows) == Extent(instrument, venue, source, (int(times.min()), int(times.max())))


def test_that_no_rows_reach_nowhere() -> None:
    assert extent(np.zeros(0, MARKET)) == Extent(*[(2**63 - 1, NULL)] * 4)
