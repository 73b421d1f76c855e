"""The engine: two verbs, `apply(block) -> effects` and `publish(sink)`; pure, deterministic, restartable."""

import hashlib
import math

import msgspec
import numpy as np

from app.engine.book import SPARE
from app.engine.config import EngineConfig
from app.engine.effects import Effects
from app.engine.enrich.regions import joined
from app.engine.errors import EngineError, complaint
from app.engine.events import CHANGE, Block, Control, OrderRow, Quarantined, Rows
from app.engine.layout import Sink
from app.engine.orders.facts import Fact
from app.engine.publish import Publisher
from app.engine.snapshot import pack, unpack
from app.engine.state import BEHIND, State
from app.engine.tables.build import all_tables, build
from app.engine.tables.context import NEVER, Columns
from app.engine.tables.hashes import output_hash
from app.engine.times import times_of
from app.engine.units import NULL
from app.engine.universe import Universe

SUB_BLOCK = 16_384  # market rows between two looks at the clock: the ring always holds more
_SESSION_S = 23_400.0  # trading day where the reference names none


class Engine:
    """Books, touch history, own flow and joins of one run."""

    def __init__(self, universe: Universe, config: EngineConfig) -> None:
        self.universe = universe
        self.config = config
        self.state = State(universe, config)
        self.touches: Rows = np.empty(0, CHANGE)
        self._publisher = Publisher()
        self._final: dict[str, Columns] | None = None  # the tables once data has ended

    # -- in --------------------------------------------------------------------------------------------------------

    def apply(self, block: Block) -> Effects:
        """Apply a block. Market rows change books at once; order rows join what the watermark has passed."""
        if self.state.end != NULL:
            raise EngineError("a block came after the end of data")
        effects = Effects()
        self._describe()
        for control in block.controls:
            self._control(control)
        late = self._orders(block.orders, effects)
        touches, finals = self._market(block)
        finals += self._advance(max(self.state.watermark, block.watermark))
        self._remember(block, finals, late)
        if self.config.book:
            self.touches = np.concatenate(touches) if touches else self.touches[:0]
        return effects

    def finish(self, end_ns: int) -> None:
        """End of data, one moment for the whole run: later horizons are undefined, open parents end here."""
        self.state.end = max(end_ns, self.state.last_ts)
        self.state.watermark = NEVER
        finals = self._advance(NEVER)
        self._remember(Block(watermark=NEVER), finals, 0)

    def _market(self, block: Block) -> tuple[list[Rows], list[Fact]]:
        """Run the rows through the books and hand the changes on, in pieces the history ring can hold."""
        touches: list[Rows] = []
        finals: list[Fact] = []
        before = self.state.watermark
        most = SUB_BLOCK if self.config.evidence is None else BEHIND  # streams read what is just behind, too
        for begin in range(0, len(block.market), most):
            rows = block.market[begin : begin + most]
            self.state.expect(len(rows))
            space = self.state.history.space(len(rows) + SPARE)  # written where they wait: no copy of a whole day
            changes = self.state.books.run(rows, self.config.book, space)
            self.state.history.written(len(changes))
            if self.config.book:
                touches.append(joined(changes, changes[:0]))  # the books write over them
            if begin + most < len(block.market):
                # what comes later in this block bounds how far time has surely passed
                rest = block.market[begin + most :]
                passed = min(block.watermark, times_of(rest)[0])
                finals += self._advance(max(self.state.watermark, passed))
            latest = self.state.counted.take(rows, before, len(self.universe.sources))
            self.state.last_ts = max(self.state.last_ts, latest)
        self.state.rows_in += len(block.market) + len(block.orders)
        return touches, finals

    def _orders(self, orders: tuple[OrderRow, ...], effects: Effects) -> int:
        late = 0
        for row in orders:
            self.state.last_ts = max(self.state.last_ts, row.ts_event)
            if row.kind == "fill" and (row.qty is None or row.price is None):
                effects.quarantine.append(_incomplete(row))
                continue
            fact = self.state.flow.take(row)
            if row.ts_event < self.state.watermark and self.state.watermark != NULL:
                fact.late = True
                late += 1
        return late

    def _control(self, control: Control) -> None:
        if control.kind in ("position", "aside"):  # of the reader, no fact of the day
            return
        self.state.last_ts = max(self.state.last_ts, control.ts_event)
        if control.kind in ("up", "down"):
            self.state.sources[control.source] = control.kind
        elif control.kind == "gap":
            self.state.counts["gaps"] = self.state.counts.get("gaps", 0) + 1
            if self.universe.sources.known(control.source):
                self.state.counted.broke(self.universe.sources.index(control.source))

    def _advance(self, watermark: int) -> list[Fact]:
        self.state.watermark = watermark
        ranks = np.array(self.universe.sources.ranks(), np.int64)
        self.state.history.advance(watermark, ranks)
        finals = self.state.joins.advance(watermark, self.state.end)
        self.state.passed()
        return finals

    def _describe(self) -> None:
        """Give the history the reference volatility of instruments it has not met."""
        names = self.universe.instruments
        for number in range(self.state.described, len(names)):
            reference = self.universe.of(names[number])
            if reference.daily_sigma is None:
                continue
            opened, closed = reference.open_ns, reference.close_ns
            seconds = _SESSION_S if opened is None or closed is None else (closed - opened) * 1e-9
            if seconds > 0 and math.isfinite(reference.daily_sigma):
                self.state.history.describe(number, reference.daily_sigma * reference.daily_sigma / seconds)
        self.state.described = len(names)

    def _remember(self, block: Block, finals: list[Fact], late: int) -> None:
        """Extend the run hash by what became known with this block: joins as they were made, late and source facts."""
        said = [f"{block.watermark}|{len(block.market)}|{len(block.orders)}|{late}|{self.state.history.late}".encode()]
        facts = (control for control in block.controls if control.kind not in ("position", "aside"))
        said += [f"{control.kind}{control.source}{control.ts_event}".encode() for control in facts]
        if finals:
            rows = np.array([fact.before for fact in finals] + [fact.at for fact in finals], np.int64)
            said.append(self.state.joins.rows[rows].tobytes())
        self.state.chain = hashlib.sha256(self.state.chain + b"|".join(said)).digest()

    # -- out -------------------------------------------------------------------------------------------------------

    @property
    def counts(self) -> dict[str, int]:
        """What was irregular, by name: source gaps, late rows, what the books could not take at their word."""
        return self.state.counts | self.state.irregularities()

    def tables(self) -> dict[str, Columns]:
        """Every output table (schema.TABLES) as columns of plain values; undefined = None."""
        if self._final is not None:
            return self._final
        now = self.state.moment()
        self.state.joins.look_ahead()
        tables = all_tables(build(self.state.parents(), self.state.flow.all_chains(), now), now)
        if self.state.end != NULL:
            self._final = tables
        return tables

    def publish(self, sink: Sink) -> None:
        """Put what changed since the last publication on the board."""
        self.state.joins.look_ahead()
        self._publisher.publish(self.state, sink)

    def path(self, sink: Sink) -> None:
        """Put the price path since the last time on the board; without it, it is lost when the ring turns over."""
        self._publisher.path(self.state, sink)

    def output_hash(self) -> str:
        """Hash of the tables as restated: equal for any interleaving, block size, pacing or process layout."""
        return output_hash(self.tables())

    def run_hash(self) -> str:
        """Hash of everything as it became known: equal when the journal is replayed."""
        return self.state.chain.hex()

    def undefined(self) -> dict[str, int]:
        """Undefined horizons and joins, counted by reason."""
        return self.state.joins.undefined()

    # -- save and load ---------------------------------------------------------------------------------------------

    def save(self) -> bytes:
        """The whole state; apply(a); save; load; apply(b) equals apply(a + b)."""
        return pack(self.state)

    @classmethod
    def load(cls, data: bytes, universe: Universe, config: EngineConfig) -> "Engine":
        """An engine in the saved state. Raises EngineError for a state of another layout."""
        engine = cls(universe, config)
        unpack(engine.state, data)
        return engine


def _incomplete(row: OrderRow) -> Quarantined:
    what = "qty" if row.qty is None else "price"
    reason = complaint(f"{row.kind} {row.exec_id or ''}".strip(), what, None, "a number")
    return Quarantined(source=row.source, where=f"row {row.rec}", reason=reason, raw=msgspec.json.encode(row))
