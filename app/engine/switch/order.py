"""One algo order as the control process keeps it: ids, tags, quantities, and the request under way."""

from collections.abc import Collection
from typing import Final

import msgspec

from app.engine.switch.facts import Alarm, Kind, Purpose, Report, Tags, Target
from app.engine.switch.states import CANCELLED, State

FILLS: Final = frozenset({"F", "1", "2"})  # 1 and 2: FIX 4.2
BUST: Final = "H"
CORRECT: Final = "G"
WORKING: Final = frozenset({"0", "1", "E", "6", "A", "5", "9", "D"})
_KNOWN: Final = frozenset("0123456789ABCDEFGHIJKL")
_NO_ID: Final = frozenset({"", "0", "NONE"})
# Of a report: envelope, ids, quantities done and what only reports say; everything else belongs to the order.
REPORT_ONLY: Final = frozenset(
    {
        6, 8, 9, 10, 11, 14, 17, 19, 20, 29, 30, 31, 32, 34, 35, 37, 39, 41, 43, 49, 50, 52, 56, 57, 58, 60, 75, 97,
        102, 103, 122, 128, 129, 142, 143, 150, 151, 198, 278, 369, 378, 382, 375, 337, 434, 584, 636, 797, 851, 911,
        912,
    }
)  # fmt: skip


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """A message of ours that wants an answer."""

    kind: Kind
    cl_ord_id: str
    purpose: Purpose
    sent_ns: int
    orig: str = ""  # the ClOrdID it changes
    tags: Tags = ()  # of a 35=G or D: what the order will be


class Order(msgspec.Struct, kw_only=True):
    """The whole state of one order. Only the machine changes it.

    `held`: shares of the fills held, those made before the first report among them; `cum`: CumQty, from reports alone.
    """

    order_id: str
    parent_id: str
    state: State
    tags: Tags = ()
    accepted: str = ""  # ClOrdID last accepted
    chain: list[str] = []  # every ClOrdID it ever had or was asked for
    own: list[str] = []  # those of requests of ours
    aliases: list[str] = []  # further OrderIDs of it
    qty: int = 0
    cum: int = 0
    held: int = 0
    fills: dict[str, int] = {}
    seen: set[str] = set()
    status: str = "0"
    owner: str = ""  # whose order it is, where the profile says which tag carries it
    request: Request | None = None
    lost: list[Request] = []  # unanswered past their deadline: a late answer still counts
    target: Target | None = None
    purpose: Purpose = "switch"
    deadline_ns: int | None = None
    killing: Purpose | None = None  # a cancel goes out as soon as the request in flight is answered
    foreign: bool = False  # somebody else's request is pending
    paused: bool = False
    online: bool = True
    version: int = 0
    placed: int = 0  # quantity of the new order sent in its place
    placed_id: str = ""  # and its ClOrdID
    cancelled_qty: int | None = None  # 38 of the report that confirmed the cancel
    asked_ns: int = 0  # when the switch was confirmed
    switches: list[int] = []  # times of switches asked
    report_ns: int = 0
    words: str = ""
    alarm: Alarm = ""

    @property
    def done(self) -> int:
        """Shares done as far as anyone says: the larger of CumQty and fills held."""
        return max(self.cum, self.held)

    @property
    def leaves(self) -> int:
        """Shares still to be done."""
        return max(self.qty - self.done, 0)

    def tag(self, tag: int) -> str | None:
        """A tag of the last accepted order."""
        return next((value for number, value in self.tags if number == tag), None)

    def asked(self, cl_ord_id: str) -> Request | None:
        """The request with this ClOrdID that has no answer yet."""
        unanswered = self.lost if self.request is None else [self.request, *self.lost]
        return next((request for request in unanswered if request.cl_ord_id == cl_ord_id), None)

    def forget(self, cl_ord_id: str) -> None:
        """A request has its answer."""
        if self.request is not None and self.request.cl_ord_id == cl_ord_id:
            self.request = None
        self.lost = [request for request in self.lost if request.cl_ord_id != cl_ord_id]


def first_seen(report: Report, state: State, parent_tag: int) -> Order:
    """An order nobody knew, from its first report. Fills before it are taken as its CumQty says."""
    tags = order_tags(report.tags)
    parent = next((value for tag, value in tags if tag == parent_tag), "")
    order = Order(
        order_id=report.order_id, parent_id=parent or report.order_id, state=state, tags=tags,
        accepted=report.cl_ord_id, chain=[report.cl_ord_id], qty=total_of(report) or 0,
    )  # fmt: skip
    count(order, report)
    order.held = order.cum
    return order


def order_tags(tags: Tags) -> Tags:
    """What of a report's tags belongs to the order."""
    return tuple(pair for pair in tags if pair[0] not in REPORT_ONLY)


def repeated(order: Order, report: Report) -> bool:
    """True when the same report was counted before; a status report may come any number of times."""
    return report.exec_id not in _NO_ID and report.exec_type != "I" and report.exec_id in order.seen


def count(order: Order, report: Report) -> None:
    """Take a report's fill, CumQty, quantity and status. An unknown ExecType with a LastQty is a fill: none is lost."""
    if report.exec_id not in _NO_ID:
        order.seen.add(report.exec_id)
    is_fill = report.exec_type in FILLS or report.exec_type not in _KNOWN
    if is_fill and report.last_qty:
        order.fills[report.exec_id or f"#{len(order.fills)}"] = report.last_qty
        order.held += report.last_qty
    elif report.exec_type in {BUST, CORRECT}:
        _undo(order, report)
    if report.cum is not None:
        undone = report.exec_type in {BUST, CORRECT}
        order.cum = report.cum if undone else max(order.cum, report.cum)
    if report.status in WORKING:
        order.status = "1" if order.cum else "0"
    elif report.status != "8":  # an 8 may be of a request alone
        order.status = report.status or order.status
    if report.exec_type == "D" and report.qty is not None and order.state not in CANCELLED:
        order.qty = report.qty


def _undo(order: Order, report: Report) -> None:
    """A busted fill is taken off, a corrected one set to its new quantity; one from before the first report too."""
    before = order.fills.pop(report.ref_exec_id, None)
    after = (report.last_qty or 0) if report.exec_type == CORRECT else 0
    if before is not None:
        order.held += after - before
        if after:
            order.fills[report.ref_exec_id] = after
    elif report.cum is not None:
        order.held += report.cum - order.cum  # of before the first report: CumQty says by how much it changed


def total_of(report: Report) -> int | None:
    """Total quantity a report of a working order states: done and open, else 38."""
    if report.leaves and report.cum is not None:
        return report.cum + report.leaves
    return report.qty


def adopt(order: Order, tags: Tags, parameters: Collection[int], strategy_tag: int) -> None:
    """Lay a report's tags over the order's: the broker's values count. Another strategy drops the old parameters."""
    new = dict(tags)
    mine = order.tags
    if strategy_tag in new and new[strategy_tag] != order.tag(strategy_tag):
        mine = tuple(pair for pair in mine if pair[0] not in parameters)
    kept = tuple(pair for pair in mine if pair[0] not in new)
    order.tags = (*kept, *tags)
