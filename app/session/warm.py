"""Kernels and libraries loaded before the first byte is read: what a run's rate measures is the run."""

import io

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from app.engine.config import EngineConfig
from app.engine.core import Engine
from app.engine.events import MARKET, Block, Instrument, OrderRow, Rows
from app.engine.evidence.again import Children, bet_again, usual_prior, with_hindsight
from app.engine.evidence.groups import learn
from app.engine.evidence.lasting import left
from app.engine.evidence.model import Model
from app.engine.evidence.rows import CHILD, WORLDS
from app.engine.evidence.trail import Trail
from app.engine.metrics.response import Events, estimates
from app.engine.times import rows_behind, times_of
from app.engine.units import LAST, PRICE_SCALE, QUOTE, SECOND, TRADE
from app.engine.universe import Universe
from app.feeds.decode import columns
from app.feeds.decode.disorder import Disorder, Order
from app.feeds.decode.session import TEXT, MarketDecoder, market_batch
from app.runtime.fingerprint import Fingerprint
from app.runtime.route import Route

_NOTHING = np.zeros(0, np.int64)


def load_kernels(config: EngineConfig) -> None:
    """Play three rows and one fill through an engine of its own, so that every kernel they need is in memory."""
    universe = Universe()
    universe.describe(Instrument(instrument="I", daily_sigma=0.02))
    universe.venues.index("V")
    universe.sources.index("S")
    engine = Engine(universe, msgspec.structs.replace(config, book=True))
    rows = _read(_market(), universe)
    block = Route(iter((rows,)), _orders(), len(rows)).take() or Block(SECOND)
    Fingerprint(universe).add_market(block.market)
    rows_behind(block.market, SECOND)
    times_of(block.market)
    engine.apply(block)
    engine.finish(4 * SECOND)
    engine.tables()
    empty = np.zeros((0, 1))
    if isinstance(config.evidence, Model):
        _bet(config.evidence)
    estimates(Events(_NOTHING, _NOTHING, empty[:, 0], empty), _NOTHING, 0)  # of the board alone


def _bet(model: Model) -> None:
    """A child scored, bet on once more, and with hindsight: the light, tables by cause and of switches."""
    trail, child = Trail("P", model, (0.0, 0.0, 0.0, 0.0)), np.zeros(1, CHILD)
    trail.scored(0, child)
    trail.bet(child[0], trail.epochs, 0, 0.0)
    left(0.0, 0)  # of the answers that fade
    learn(np.zeros((1, WORLDS)), np.ones(1), model.numbers["null"], model.tables.weights)
    children = Children(child, np.zeros(1))
    for again in (bet_again, with_hindsight):
        again(children, model, model.tables.weights, usual_prior(model))


def _read(rows: Rows, universe: Universe) -> Rows:
    """The rows as they come out of a session's market file."""
    Order().see(rows, universe.sources)
    file = io.BytesIO()
    batch = market_batch(rows, universe, rows["seq"])
    pq.write_table(pa.Table.from_batches([batch]), file)
    columns.texts(pa.array(["I"]))  # Arrow looks for pandas when it first gives an array to numpy
    decoder = MarketDecoder("market.parquet", universe, frozenset())
    (read,) = pq.ParquetFile(file, read_dictionary=TEXT).iter_batches(use_threads=False)
    Disorder().look(read)
    return decoder.decode(read, 0)[0]


def _market() -> Rows:
    rows = np.zeros(3, MARKET)
    rows["ts_event"] = [SECOND, 2 * SECOND, 3 * SECOND]
    rows["action"], rows["flags"] = [QUOTE, TRADE, QUOTE], LAST
    rows["price"], rows["price2"] = 100 * PRICE_SCALE, 101 * PRICE_SCALE
    rows["size"], rows["size2"] = 10, 10
    return rows


def _orders() -> tuple[OrderRow, ...]:
    common = {"source": "O", "parent_id": "P", "instrument": "I", "side": "BUY", "qty": 10}
    place = {"child_id": "C", "venue": "V", "price": 101 * PRICE_SCALE}
    rows = (
        {"ts_event": SECOND, "kind": "parent_new", "limit_price": 102 * PRICE_SCALE, **common},
        {"ts_event": 2 * SECOND, "kind": "child_new", "seq": 1, **common, **place},
        {"ts_event": 5 * SECOND // 2, "kind": "fill", "seq": 2, "exec_id": "E", "liquidity": "R", **common, **place},
    )
    return tuple(msgspec.convert(row, OrderRow) for row in rows)
