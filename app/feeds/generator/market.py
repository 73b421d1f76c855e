"""The whole market of a generated session: venues, odd prints, cancelled prints, halts and auctions, in order."""

from typing import Final, NamedTuple

import numpy as np

from app.engine.events import MARKET, Instrument, Rows
from app.engine.units import (
    AUCTION,
    CONDITION_CODES,
    HALT,
    LAST,
    NULL,
    OPEN,
    PRINT_CANCELLED,
    SECOND,
    SNAPSHOT,
    STATUS,
    TRADE,
)  # fmt: skip
from app.engine.universe import Universe
from app.feeds.generator import tape
from app.feeds.generator.plan import MODELS, REPORTING, TICK, VENUES, Plan

ROWS_PER_EVENT: Final = {"Q": 1.25, "L": 2.9, "A": 3.15}  # measured at a quarter of trades
_ODD: Final = ("off_exchange", "late", "average", "block", "odd", "auction")
_REPORTED: Final = ("off_exchange", "late", "average")


class Listed(NamedTuple):
    """One instrument of a session: its name and the venues it trades on, each with its model."""

    name: str
    venues: tuple[tuple[str, str], ...]


def listing(plan: Plan) -> list[Listed]:
    """Instruments with one to three venues; the models go round so that a few instruments show all of them."""
    found = []
    for number in range(plan.instruments):
        count = 1 + number % len(VENUES)
        venues = tuple((VENUES[k], MODELS[(number + k) % len(MODELS)]) for k in range(count))
        name = plan.names[number] if number < len(plan.names) else f"GEN{number}"
        found.append(Listed(name, venues))
    return found


def describe(plan: Plan, universe: Universe) -> None:
    """Reference data: every other instrument has what cost models ask for; the first one is the index of the rest."""
    for number, listed in enumerate(listing(plan)):
        universe.describe(
            Instrument(
                instrument=listed.name,
                currency="USD",
                quote_currency="USD",
                tick_size=TICK,
                lot=tape.LOT,
                adv=2_000_000.0 if number % 2 == 0 else None,
                daily_sigma=0.02 if number % 2 == 0 else None,
                shares_outstanding=4e8 if number % 2 == 0 else None,
                beta=None if number == 0 else 0.5 + 0.25 * number,
                index=None if number == 0 else listing(plan)[0].name,
                open_ns=plan.start_ns,
                close_ns=plan.end_ns,
            )
        )


def market(rng: np.random.Generator, plan: Plan, universe: Universe) -> Rows:
    """All market rows in the order of application: by (applied time, source name), sequence numbers set."""
    pieces: list[Rows] = []
    share = plan.market_rows / sum(len(listed.venues) for listed in listing(plan))
    for number, listed in enumerate(listing(plan)):
        fair = tape.fair_path(rng, int(share / max(ROWS_PER_EVENT.values())))
        made = []
        for k, (venue, model) in enumerate(listed.venues):
            events = max(8, int(share / ROWS_PER_EVENT[model]))
            done_count = int(events * plan.trade_share)
            touch = tape.touches(rng, plan, fair, events - done_count)
            done = tape.trades(rng, plan, touch, done_count)
            rows = tape.venue_rows(model, touch, done, (number * len(VENUES) + k + 1) * 1_000_000_000)
            made.append(_named(rows, universe, listed.name, venue))
        made += _tape_only(rng, plan, universe, listed, made)
        made.append(_cancelled(rng, plan, np.concatenate(made)))
        made.append(_statuses(rng, plan, universe, listed))
        pieces.append(_moved(np.concatenate(made), number))
    return in_order(np.concatenate(pieces), plan, universe)


def in_order(rows: Rows, plan: Plan, universe: Universe) -> Rows:
    """Rows sorted by (applied time, source name), stable; seq counts each source, rec all rows; ts_recv set."""
    snapshot = (rows["flags"] & SNAPSHOT) > 0
    rows["ts_recv"] = np.where(snapshot, plan.start_ns, rows["ts_event"] + 20_000)
    applied = np.where(snapshot, rows["ts_recv"], rows["ts_event"])
    rank = np.array(universe.sources.ranks(), np.int64)[rows["source"]]
    out = rows[np.lexsort((rank, applied))]
    for source in np.unique(out["source"]):
        mine = np.flatnonzero(out["source"] == source)
        out["seq"][mine] = np.arange(len(mine)) + 1
    out["rec"] = np.arange(len(out))
    return out


def _moved(rows: Rows, number: int) -> Rows:
    """An instrument's own price level: whole ticks up or down from the first one's."""
    move = ((number * 7_919) % 10 - 4) * 10_000 * TICK if number else 0
    for field in ("price", "price2"):
        rows[field] = np.where(rows[field] == NULL, NULL, rows[field] + move)
    return rows


def _named(rows: Rows, universe: Universe, instrument: str, venue: str) -> Rows:
    rows["instrument"] = universe.instruments.index(instrument)
    rows["venue"] = universe.venues.index(venue)
    rows["source"] = universe.sources.index(f"feed-{venue}")
    return rows


def _tape_only(
    rng: np.random.Generator, plan: Plan, universe: Universe, listed: Listed, made: list[Rows]
) -> list[Rows]:
    """Prints beside the book: off exchange, late, average, block, odd, auction, at prices of earlier trades."""
    source = np.concatenate(made)
    source = source[source["action"] == TRADE]
    count = int(len(source) * plan.odd_prints)
    if not count:
        return []
    found = []
    chosen = source[rng.integers(0, len(source), count)].copy()
    kinds = rng.integers(0, len(_ODD), count)
    for number, name in enumerate(_ODD):
        mine = chosen[kinds == number]
        mine["condition"] = CONDITION_CODES[name]
        mine["flags"] = LAST
        mine["ts_event"] += rng.integers(0, 5 * SECOND, len(mine))
        mine["ts_event"] = np.minimum(mine["ts_event"], plan.end_ns)
        mine["size"] = rng.integers(1, 10, len(mine)) * (5_000 if name == "block" else 100) + (name == "odd")
        venue = REPORTING if name in _REPORTED else listed.venues[0][0]
        found.append(_named(mine, universe, listed.name, venue))
    return found


def _cancelled(rng: np.random.Generator, plan: Plan, rows: Rows) -> Rows:
    """Cancellations of a share of the prints, up to 30 s later, with the print's venue, price and size."""
    prints = rows[rows["action"] == TRADE]
    gone: Rows = prints[rng.random(len(prints)) < plan.cancelled_prints].copy()
    gone["action"] = PRINT_CANCELLED
    gone["flags"] = LAST
    gone["side"] = 0
    gone["ts_event"] = np.minimum(gone["ts_event"] + rng.integers(1, 30 * SECOND, len(gone)), plan.end_ns)
    return gone


def _statuses(rng: np.random.Generator, plan: Plan, universe: Universe, listed: Listed) -> Rows:
    """An opening auction with its print, halts of all venues or one, and the reopenings."""
    rows: list[tuple[int, str, int]] = []
    venues = [venue for venue, _ in listed.venues]
    span = plan.end_ns - plan.start_ns
    if plan.opening_auction:
        opened = plan.start_ns + span // 20
        for venue in venues:
            rows += [(plan.start_ns, venue, AUCTION), (opened, venue, OPEN)]
    for _ in range(plan.halts):
        halted = plan.start_ns + int(rng.integers(span // 10, span * 9 // 10))
        length = int(rng.integers(span // 100, span // 30))
        for venue in venues if rng.random() < 0.5 else venues[:1]:
            rows += [(halted, venue, HALT), (halted + length, venue, OPEN)]
    packed = np.zeros(len(rows) + plan.opening_auction, MARKET)
    packed["flags"] = LAST
    packed["price"] = packed["size"] = packed["price2"] = packed["size2"] = NULL
    packed["action"] = STATUS
    for index, (ts, venue, status) in enumerate(rows):
        _named(packed[index : index + 1], universe, listed.name, venue)
        packed[index]["ts_event"], packed[index]["status"] = ts, status
    if plan.opening_auction:
        cross = packed[-1:]
        _named(cross, universe, listed.name, venues[0])
        cross["action"], cross["ts_event"], cross["condition"] = TRADE, opened, CONDITION_CODES["auction"]
        cross["price"], cross["size"], cross["side"] = tape.MIDDLE * TICK, 25_000, 0
    return packed


def trades_of(market_rows: Rows, instrument: int) -> Rows:
    """The prints of one instrument that an own order could have been part of: regular trades of its venues."""
    wanted = (
        (market_rows["action"] == TRADE) & (market_rows["instrument"] == instrument) & (market_rows["condition"] == 0)
    )
    found: Rows = market_rows[wanted]
    return found
