"""Fills, busts and corrections of a chain: what it has done so far, and the columns of each execution."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from app.engine.events import Kind
from app.engine.units import MILLISECOND
from app.feeds.decode import fix_columns as columns
from app.feeds.decode.fix_columns import FieldRefused
from app.feeds.decode.fix_fields import FixMessage, refusal
from app.feeds.decode.fix_intake import Received
from app.feeds.decode.fix_reports import Meaning

EXECUTION_KIND: Final[dict[Meaning, Kind]] = {"fill": "fill", "bust": "bust", "correct": "correct"}


class Terms(NamedTuple):
    """What a request asks for or a report states."""

    qty: int | None = None
    limit: int | None = None
    algo: str | None = None
    params: str | None = None

    def over(self, other: "Terms") -> "Terms":
        """These terms, completed by the other's where they say nothing."""
        return Terms(
            other.qty if self.qty is None else self.qty,
            other.limit if self.limit is None else self.limit,
            self.algo or other.algo,
            self.params or other.params,
        )


@dataclass(slots=True)
class Memory:
    """What is known of a chain so far."""

    symbol: str | None = None
    side: columns.Side | None = None
    venue: str | None = None
    currency: str | None = None
    account: str | None = None
    algo: str | None = None
    asked: dict[str, Terms] = field(default_factory=dict)  # ClOrdID of a replace request -> its terms
    fills: dict[str, tuple[int, int]] = field(default_factory=dict)  # ExecID of the fill -> quantity, price
    corrections: dict[str, str] = field(default_factory=dict)  # ExecID of a correction -> that of its fill
    done: bool = False

    @property
    def net(self) -> int:
        """Quantity done, busts and corrections applied."""
        return sum(quantity for quantity, _ in self.fills.values())


class Clearing(NamedTuple):
    """What an execution is read with: the size exponent, the clock budget in ms, and where oddities are counted."""

    exponent: int
    budget_ms: float
    counts: Counter[str]


def execution(item: Received, memory: Memory, said: Meaning, clearing: Clearing) -> dict[str, Any]:
    """Columns of a fill, or of the bust or correction of one. Raises FieldRefused."""
    message, settings, counts = item.message, item.order.settings, clearing.counts
    exec_id = message.text(17)
    if exec_id is None:
        exec_id = f"{message.text(37) or item.order.name}/{message.text(34)}"
        counts["executions_without_id"] += 1
    ref = message.text(19)
    if said != "fill" and ref is None:
        raise FieldRefused(refusal(19, None, "the ExecID of the fill that is busted or corrected"))
    qty, px = _applied(message, memory, said, clearing)
    if said == "fill":
        memory.fills[exec_id] = (qty or 0, px or 0)
    elif said == "correct":
        memory.corrections[exec_id] = memory.corrections.get(ref or "", ref or "")
    budget_ns = round(clearing.budget_ms * MILLISECOND)
    values: dict[str, Any] = {
        "exec_id": exec_id, "ref_exec_id": ref if said != "fill" else None, "qty": qty, "price": px,
        "venue": columns.venue(message, settings, 30) or memory.venue,
        "ts_match": columns.match_time(message, item.ts, budget_ns) if said == "fill" else None,
        "liquidity": settings.liquidity_values.get(message.text(settings.liquidity) or ""),
    }  # fmt: skip
    counts["fills_without_match_time"] += said == "fill" and values["ts_match"] is None
    if settings.commission == "fill" and said != "bust":
        values["fee"] = columns.commission(message, qty or 0, clearing.exponent)
        counts["commissions_not_read"] += message.text(12) is not None and values["fee"] is None
    return values


def _applied(message: FixMessage, memory: Memory, said: Meaning, clearing: Clearing) -> tuple[int | None, int | None]:
    """Quantity and price of the execution; a bust has those of the fill it takes out, a correction replaces them."""
    qty, px = columns.quantity(message, 32, clearing.exponent), columns.price(message, 31)
    if said != "bust" and (not qty or px is None):
        tag = 31 if qty else 32
        raise FieldRefused(refusal(tag, message.text(tag), "what was filled: more than 0, at a price"))
    if said == "fill":
        return qty, px
    ref = message.text(19) or ""
    ref = memory.corrections.get(ref, ref)
    known = memory.fills.pop(ref, None)
    clearing.counts[f"{said}s_of_unseen_fills"] += known is None
    if said == "bust":
        return known or (qty or None, px)
    memory.fills[ref] = (qty or 0, px or 0)
    return qty, px
