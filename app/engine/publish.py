"""What the engine puts on the board: rows of everything that changed since the last publication."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from app.engine import layout, outlooks
from app.engine.enrich.ex_own import OwnQuantity, touch_ex_own
from app.engine.metrics import schedule
from app.engine.metrics.figure import Figure
from app.engine.orders.standing import Standing
from app.engine.quiet import Quiet
from app.engine.reactions import reaction_rows
from app.engine.schema import TABLES, Column
from app.engine.shown import Shown, money_of
from app.engine.tables.attribution import attribution_table
from app.engine.tables.build import Built, build
from app.engine.tables.children import children_table
from app.engine.tables.context import NEVER, price, scale_of
from app.engine.tables.fills import fills_table
from app.engine.tables.parents import wmid
from app.engine.units import HORIZON_NS, MILLISECOND, NULL, PRICE_SCALE, QUALITIES, SECOND
from app.engine.worked import worked_rows

if TYPE_CHECKING:
    from app.engine.events import Rows
    from app.engine.layout import Sink
    from app.engine.orders.facts import Chain, Fact, Parent
    from app.engine.state import State
    from app.engine.tables.context import Columns, Moment, Value

TRACE_STEP_NS: Final = 10 * MILLISECOND  # the price path is thinned to one point per step and instrument
ROUND: Final = 200  # untouched live parents brought to now per publication
CLOSER_NS: Final = SECOND  # event time between two closer looks at one parent: reactions, how it is worked
_NOT_LOOKED: Final = Figure[outlooks.Expected](None, "not looked at yet")
_HEADLINE: Final = layout.WORKED.index("filled_5s")


class Publisher:
    """Row numbers given so far and how far each instrument's path has been written."""

    def __init__(self) -> None:
        self.parents: dict[str, int] = {}
        self.fills: dict[Fact, int] = {}
        self.children: dict[Chain, int] = {}
        self.seen: dict[str, int] = {}  # parent -> its `touched` at the last publication
        self.shown: dict[str, int] = {}  # parent -> the watermark then
        self.merged = 0  # chains merged away whose rows have been blanked
        self.traced: dict[int, int] = {}
        self.events = 0
        self.next = 0
        self.own: dict[int, dict[Chain, OwnQuantity]] = {}
        self.looked: dict[str, int] = {}  # parent -> event time of the last closer look
        self.fill_probability: dict[str, float] = {}
        self.expected: dict[str, Figure[outlooks.Expected]] = {}
        self.evidence = Shown()
        self.quiet = Quiet()
        self.has_causes = False
        self.levels: dict[str, tuple[str, int]] = {}  # parent -> its level and the event time it has it from

    def publish(self, engine: State, sink: Sink) -> None:
        """Write every section and close the publication."""
        now = engine.moment()
        parents = self._due(engine)
        chains = dict.fromkeys(fact.chain for parent in parents for fact in parent.facts if fact.chain is not None)
        built = build(parents, list(chains), now)
        self.quiet.look(engine)
        self._closer(parents, built, now, sink)
        self._parents(built, now, sink)
        self._fills(built, now, sink)
        self._children(built, now, sink)
        self._blank(engine, parents, built, sink)
        self._events(engine, sink)
        self._instruments(engine, now, sink)
        self.path(engine, sink)
        self._sources(engine, sink)
        self._causes(engine, now, sink)
        sink.beat(min(engine.watermark, engine.last_ts))

    def _due(self, engine: State) -> list[Parent]:
        """Parents with news, and some of those whose market has moved on; all of them once data has ended."""
        everyone = engine.parents()
        everyone += [p for p in engine.flow.parents.values() if not p.facts and p.parent_id in self.seen]
        due = [p for p in everyone if self.seen.get(p.parent_id) != p.touched]
        moving = [p for p in everyone if self.seen.get(p.parent_id) == p.touched and self._moves(p)]
        if engine.end == NULL:
            begin = self.next if self.next < len(moving) else 0
            moving = moving[begin : begin + ROUND]
            self.next = begin + len(moving)
        due += moving
        for parent in due:
            self.seen[parent.parent_id] = parent.touched
            self.shown[parent.parent_id] = engine.watermark
        return due

    def _moves(self, parent: Parent) -> bool:
        """True while time changes the parent's figures: it is alive, or a horizon after its last fact was open."""
        standing, shown = parent.standing, self.shown[parent.parent_id]
        if not isinstance(standing, Standing) or standing.last is None or shown == NEVER:
            return False
        last = standing.last_fill.matched_at if standing.last_fill else NULL
        return standing.closing is None or shown <= max(standing.last.row.ts_event, last) + HORIZON_NS[-1]

    def _closer(self, parents: list[Parent], built: Built, now: Moment, sink: Sink) -> None:
        """Reactions and how orders are worked: what costs more than a frame should pay for every change."""
        since = {p.parent_id: now.t - self.looked.get(p.parent_id, NULL) for p in parents}
        due = [k for k, p in enumerate(parents) if now.end != NULL or since[p.parent_id] >= CLOSER_NS]
        if not due:
            return
        chosen, standings = [parents[k] for k in due], [built.standings[k] for k in due]
        index = np.array([self._number(self.parents, parent.parent_id) for parent in chosen], np.int64)
        worked = worked_rows(chosen, standings, now, sink)
        figures = [built.parents[k] for k in due]
        found = reaction_rows(chosen, standings, figures, now)
        self.quiet.write(found, standings)
        for parent, probability in zip(chosen, worked["value"][:, _HEADLINE, 0].tolist(), strict=True):
            self.looked[parent.parent_id], self.fill_probability[parent.parent_id] = now.t, probability
        for parent, standing in zip(chosen, standings, strict=True):
            self.expected[parent.parent_id] = outlooks.expected(parent, standing, now.t)
        sections = {"worked": worked, "reactions": found}
        if now.evidence is not None:
            sections["evidence"] = self.evidence.rows(standings, figures, now, sink)
        for section, rows in sections.items():
            rows["parent_row"] = index
            sink.put(section, index, rows)

    def _causes(self, engine: State, now: Moment, sink: Sink) -> None:
        """Leak by cause over all orders, once: when the data has ended."""
        if engine.end == NULL or now.evidence is None or self.has_causes:
            return
        self.has_causes = True
        parents = engine.parents()
        columns = attribution_table(now.evidence, build(parents, [], now).standings)
        rows = _rows(layout.ATTRIBUTION_ROW, TABLES["attribution"], columns, sink)
        if len(rows):
            sink.put("attribution", np.arange(len(rows)), rows)

    def _level_since(self, parent_id: str, level: str, now_ns: int) -> int:
        """The event time (ns) of the publication from which on the light has shown this level."""
        known = self.levels.get(parent_id)
        if known is None or known[0] != level:
            known = self.levels[parent_id] = (level, now_ns)
        return known[1]

    def _parents(self, built: Built, now: Moment, sink: Sink) -> None:
        if not built.parents:
            return
        columns: Columns = {c.name: [row.get(c.name) for row in built.parents] for c in TABLES["parents"]}
        index = np.array([self._number(self.parents, row["parent_id"]) for row in built.parents], np.int64)
        rows = _rows(layout.PARENT_ROW, TABLES["parents"], columns, sink)
        for k, standing in enumerate(built.standings):
            _extra(rows, k, standing, now, sink)
            rows["fill_probability"][k] = self.fill_probability.get(standing.parent_id, np.nan)
            outlooks.write(rows, k, self.expected.get(standing.parent_id, _NOT_LOOKED), sink)
            money = money_of(built.parents[k], standing, now)
            rows["leak_projected_ccy"][k], rows["at_risk_ccy"][k] = _float(money.projected), _float(money.at_risk)
            level = built.parents[k].get("level")
            if isinstance(level, str):
                rows["level_since"][k] = self._level_since(standing.parent_id, level, standing.ended or now.t)
        sink.put("parents", index, rows)

    def _fills(self, built: Built, now: Moment, sink: Sink) -> None:
        if not built.arrays.rows:
            return
        columns = fills_table(built.arrays, built.flags, now)
        rows = _rows(layout.FILL_ROW, TABLES["fills"], columns, sink)
        facts = [fill.fact for _standing, fill in built.arrays.rows]
        rows["parent_row"] = [self.parents[standing.parent_id] for standing, _fill in built.arrays.rows]
        rows["instrument"] = [_named(fact.instrument, now, sink) for fact in facts]
        sink.put("fills", np.array([self._number(self.fills, fact) for fact in facts], np.int64), rows)

    def _children(self, built: Built, now: Moment, sink: Sink) -> None:
        if not built.walked:
            return
        rows = _rows(layout.CHILD_ROW, TABLES["children"], children_table(built.walked, now), sink)
        for k, (chain, child) in enumerate(built.walked):
            instrument = chain.facts[0].instrument
            rows["parent_row"][k] = self.parents.get(chain.parent_id or "unassigned", -1)
            rows["instrument"][k] = _named(instrument, now, sink)
            rows["side"][k] = sink.intern(chain.side or "")
            open_qty = 0 if child.ts_done is not None or child.ts_acked is None else (child.qty or 0) - child.filled
            mine = self.own.setdefault(instrument, {})
            mine.pop(chain, None)
            if open_qty > 0 and child.price is not None:
                mine[chain] = OwnQuantity(1 if chain.side == "BUY" else -1, child.price, open_qty)
        index = np.array([self._number(self.children, chain) for chain, _child in built.walked], np.int64)
        sink.put("children", index, rows)

    def _blank(self, engine: State, parents: list[Parent], built: Built, sink: Sink) -> None:
        """Empty the rows of what is no more: fills that turned out to be copies, chains that became part of others."""
        standing = {fill.fact for _standing, fill in built.arrays.rows}
        facts = (fact for parent in parents for fact in parent.facts if fact.row.kind == "fill")
        copies = [self.fills[fact] for fact in facts if fact in self.fills and fact not in standing]
        fresh, self.merged = engine.flow.merged[self.merged :], len(engine.flow.merged)
        gone = [self.children[chain] for chain in fresh if chain in self.children]
        for chains in self.own.values():
            for chain in fresh:
                chains.pop(chain, None)
        for section, numbers, dtype in (("fills", copies, layout.FILL_ROW), ("children", gone, layout.CHILD_ROW)):
            if numbers:
                columns: Columns = {TABLES[section][0].name: [None] * len(numbers)}
                rows = _rows(dtype, TABLES[section], columns, sink)
                rows["parent_row"] = -1
                sink.put(section, np.array(numbers, np.int64), rows)

    def _events(self, engine: State, sink: Sink) -> None:
        fresh = engine.flow.facts[self.events :]
        if not fresh:
            return
        rows = np.zeros(len(fresh), layout.EVENT_ROW)
        for k, fact in enumerate(fresh):
            row, chain = fact.row, fact.chain
            number = self.parents.get(fact.parent.parent_id, -1) if fact.parent else -1
            shown = row.price if row.price is not None else row.limit_price
            texts = (
                row.kind, row.liquidity, row.exec_id or row.child_id or row.algo_order_id, row.source,
                chain.child_id if chain else row.child_id, row.algo_order_id or (chain and chain.algo_order_id),
                row.algo, row.instrument or (chain and chain.instrument), row.text,
            )  # fmt: skip
            rows[k] = (
                row.ts_event, np.nan if shown is None else shown / PRICE_SCALE, row.qty or 0, row.seq, number,
                *(sink.intern(text or "") for text in texts),
            )  # fmt: skip
        sink.put("events", np.arange(self.events, self.events + len(fresh)), rows)
        self.events += len(fresh)

    def _instruments(self, engine: State, now: Moment, sink: Sink) -> None:
        rows = np.zeros(len(now.now), layout.INSTRUMENT_ROW)
        if not len(rows):
            return
        for i, touch in enumerate(now.now):
            reference = now.reference(i)
            ex_own = touch_ex_own(touch, self.own.get(i, {}).values()).wmid()
            plain = wmid(touch)
            volume = int(touch["volume"])
            notional = (int(touch["notional_hi"]) << 62) + int(touch["notional_lo"])
            rows[i] = (
                sink.intern(reference.instrument), sink.intern(reference.currency or ""),
                sink.intern(QUALITIES[int(touch["quality"])]), engine.history.venues[i],
                reference.size_exponent,
                NULL if touch["age"] == NULL else touch["t"] - touch["age"],
                _float(price(int(touch["bid"]))), _float(price(int(touch["ask"]))),
                touch["bid_size"], touch["ask_size"],
                np.nan if touch["mid2"] == NULL else touch["mid2"] / (2 * PRICE_SCALE),
                _float(plain), np.nan if ex_own is None else float(ex_own / PRICE_SCALE), volume,
                notional / volume / PRICE_SCALE if volume > 0 else np.nan, float(touch["sigma2"]) * 23_400.0,
            )  # fmt: skip
        rows["sigma_day"] = np.sqrt(rows["sigma_day"])
        sink.put("instruments", np.arange(len(rows)), rows)

    def path(self, engine: State, sink: Sink) -> None:
        """Append what the rings hold of each instrument's price path since the last time."""
        for i in range(len(engine.history.history.count)):
            ring = engine.history.ring(i)
            last = self.traced.get(i, NULL)
            ring = ring[np.searchsorted(ring["ts"], last, side="right") :]
            if not len(ring):
                continue
            self.traced[i] = int(ring["ts"][-1])
            step = ring["ts"] // TRACE_STEP_NS
            keep = np.append(step[1:] != step[:-1], True)
            ring = ring[keep]
            rows = np.zeros(len(ring), layout.TRACE_ROW)
            rows["ts"] = ring["ts"]
            rows["mid"] = np.where(ring["mid2"] == NULL, np.nan, ring["mid2"] / (2 * PRICE_SCALE))
            rows["volume"], rows["instrument"] = ring["volume"], i
            sink.put("trace", sink.length("trace") + np.arange(len(rows)), rows)

    def _sources(self, engine: State, sink: Sink) -> None:
        names = engine.universe.sources
        rows = np.zeros(len(names), layout.SOURCE_ROW)
        if not len(rows):
            return
        for n in range(len(names)):
            last = engine.history.last_of_source
            rows[n] = (
                sink.intern(names[n]), sink.intern(engine.sources.get(names[n], "up")),
                last[n] if n < len(last) else NULL, *engine.counted.of(n), 0,
            )  # fmt: skip
        sink.put("sources", np.arange(len(rows)), rows)

    @staticmethod
    def _number(numbers: dict[Any, int], key: object) -> int:
        return numbers.setdefault(key, len(numbers))


def _named(instrument: int, now: Moment, sink: Sink) -> int:
    return sink.intern(now.joins.universe.instruments[instrument]) if instrument >= 0 else 0


def _float(value: float | None) -> float:
    return np.nan if value is None else value


def _rows(dtype: np.dtype[np.void], columns: tuple[Column, ...], values: Columns, sink: Sink) -> Rows:
    """Board rows from table columns."""
    length = max((len(v) for v in values.values()), default=0)
    rows = np.zeros(length, dtype)
    for column in columns:
        given: list[Value] = values.get(column.name) or [None] * length
        match column.kind:
            case "str":
                rows[column.name] = [sink.intern(v) if isinstance(v, str) and v else 0 for v in given]
            case "i8":
                rows[column.name] = [NULL if v is None else v for v in given]
            case "bool":
                rows[column.name] = [-1 if v is None else int(v) for v in given]
            case _:
                rows[column.name] = [np.nan if v is None else v for v in given]
    return rows


def _extra(rows: Rows, k: int, standing: Standing, now: Moment, sink: Sink) -> None:
    """Board-only columns of one parent."""
    attributes = standing.attributes
    for name in ("desk", "broker", "basket_id", "link_id", "order_type", "text"):
        rows[name][k] = sink.intern(str(attributes.get(name) or ""))
    rows["state"][k] = sink.intern(standing.state)
    for name in ("start_ns", "end_ns"):
        rows[name][k] = attributes.get(name) or NULL
    rows["target_pov"][k] = attributes.get("target_pov") or np.nan
    limit = attributes.get("limit_price")
    rows["limit_px"][k] = _float(price(limit if isinstance(limit, int) else None))
    for name in ("done_pct", "planned_pct", "expected_unfilled", "remaining_ccy", "mid"):
        rows[name][k] = np.nan
    rows["expected_finish_ns"][k] = rows["level_since"][k] = NULL
    rows["last_ts"][k] = standing.last.row.ts_event if standing.last else NULL
    arrival, qty = standing.arrival, standing.order_qty
    if arrival is None or arrival.instrument < 0 or standing.account is None:
        return
    touch = now.now[arrival.instrument]
    rows["mid"][k] = np.nan if touch["mid2"] == NULL else touch["mid2"] / (2 * PRICE_SCALE)
    bid, ask = (None if touch[side] == NULL else int(touch[side]) for side in ("bid", "ask"))
    state = schedule.limit_state(standing.side, limit if isinstance(limit, int) else None, bid, ask)
    rows["limit_state"][k] = sink.intern(state)
    if not qty:
        return
    rows["done_pct"][k] = 100.0 * standing.filled / qty
    if touch["mid2"] != NULL:
        scale = scale_of(now.reference(arrival.instrument))
        rows["remaining_ccy"][k] = scale.ccy(scale.grains((qty - standing.filled) * int(touch["mid2"])))
    _plan(rows, k, standing, now)


def _plan(rows: Rows, k: int, standing: Standing, now: Moment) -> None:
    attributes, arrival, qty = standing.attributes, standing.arrival, standing.order_qty
    assert arrival is not None  # noqa: S101 - the caller has checked
    assert qty is not None  # noqa: S101
    start, end, rate = (attributes.get(name) for name in ("start_ns", "end_ns", "target_pov"))
    plan = schedule.Plan(
        qty, arrival.row.ts_event, start if isinstance(start, int) else None, end if isinstance(end, int) else None,
        rate if isinstance(rate, float) else None,
    )  # fmt: skip
    live = [fill.qty for fill in standing.executions.fills if fill.restated != "busted"]
    squares = 0
    for fill_qty in live:
        squares += fill_qty * fill_qty
    volume = int(now.now[arrival.instrument]["volume"]) - int(now.joins.rows["volume"][arrival.at])
    progress = schedule.Progress(standing.filled, len(live), squares, volume)
    t = standing.ended or now.t
    planned = schedule.planned_qty(plan, progress, t).value
    rows["planned_pct"][k] = np.nan if planned is None else 100.0 * planned / qty
    finish = schedule.expected_finish_ns(plan, progress, t).value
    rows["expected_finish_ns"][k] = NULL if finish is None or standing.closing is not None else finish
    unfilled = schedule.expected_unfilled(plan, progress, t).value
    rows["expected_unfilled"][k] = np.nan if unfilled is None else unfilled.expected
