"""What a generated session is made of: one frozen set of parameters and a seed."""

import msgspec

from app.engine.units import SECOND


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Parameters of one generated session; shares are probabilities per event of their kind.

    `market_rows` is reached within a few per cent; `order_share` is order rows per market row.
    """

    seed: int = 1
    market_rows: int = 20_000
    order_share: float = 0.005
    instruments: int = 3
    names: tuple[str, ...] = ()  # of the first instruments; the rest are GEN2, GEN3, ...
    duration_s: int = 3_600
    start_ns: int = 1_700_000_000 * SECOND
    trade_share: float = 0.25  # of all venue events
    same_stamp: float = 0.2  # events rounded to 10 ms, so that stamps tie across venues and with orders
    one_sided: float = 0.01
    locked: float = 0.01
    crossed: float = 0.01
    halts: int = 1  # per instrument
    opening_auction: bool = True
    cancelled_prints: float = 0.01
    odd_prints: float = 0.03  # off exchange, late, average, block, odd lots: beside the venues' own trades
    fills_per_parent: int = 8
    dark: float = 0.1
    unassigned: float = 0.02
    busts: float = 0.03
    corrections: float = 0.03
    copies: float = 0.02
    late_reports: float = 0.05
    amends: float = 0.3
    overfills: float = 0.05

    @property
    def end_ns(self) -> int:
        """End of the session (ns)."""
        return self.start_ns + self.duration_s * SECOND


VENUES = ("XONE", "XTWO", "XTRE")
MODELS = ("Q", "L", "A")  # L1, L2, L3, by the letter of their rows
REPORTING = "XTRF"  # prints only
TICK = 10_000_000
