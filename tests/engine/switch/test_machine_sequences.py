"""Any order of events, any broker: one request in flight, no new order before the cancel is confirmed, no fill lost."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.switch.facts import (
    CancelAsked,
    Disconnected,
    LoggedOn,
    NotSent,
    ReenterAsked,
    Rejected,
    SendFix,
    StatusAsked,
    Target,
)
from tests.engine.switch.made import PASSIVE, Bench

QTY = 1000


class Watch:
    """A bench, what was delivered to it, and the rules it may never break."""

    def __init__(self, mode: str, **profile: object) -> None:
        self.bench = Bench(mode, **profile)
        self.fills = {"E1": 300}
        self.confirmed: set[str] = set()  # cancels confirmed by their own 150=4
        self.overdue = False  # a deadline has passed, or the session was lost, and nothing has answered since
        self.unanswered_new: set[str] = set()
        self.seen = 0
        self.kinds: dict[str, str] = {}

    def check(self) -> None:
        """After every event."""
        order = self.bench.order
        assert order.held == sum(self.fills.values())
        for sent in self.bench.sent[self.seen :]:
            self._check_sent(sent)
        self.seen = len(self.bench.sent)

    def _check_sent(self, sent: SendFix) -> None:
        order = self.bench.order
        if sent.kind == "H":
            return
        self.kinds[sent.cl_ord_id] = sent.kind
        others = [r for r in order.lost if r.cl_ord_id != sent.cl_ord_id]
        assert order.request is not None
        assert order.request.cl_ord_id == sent.cl_ord_id
        if sent.kind in {"G", "D"}:
            assert not others
        elif others:
            assert self.overdue
            assert sent.purpose in {"cancel", "kill"}
        if sent.kind == "D":
            assert any(self.kinds.get(cl_ord_id) == "F" for cl_ord_id in self.confirmed)
            assert not self.unanswered_new
            qty = int(dict(sent.fields)[38])
            assert qty + max(order.cum, sum(self.fills.values())) <= QTY
            self.unanswered_new.add(sent.cl_ord_id)
        self.overdue = bool(others)  # what was lost stays overdue until it is answered


def _fill(watch: Watch) -> None:
    bench = watch.bench
    if bench.order.cum + 100 <= QTY:
        report = bench.fill(100, cl_ord_id="A0")
        watch.fills[report.exec_id] = 100
        bench.tell(report)
        if len(watch.fills) % 3 == 0:
            bench.tell(report)  # said twice


def _bust(watch: Watch) -> None:
    bench = watch.bench
    ref = next(iter(watch.fills), None)
    if ref is not None:
        bench.tell(bench.bust(ref, watch.fills.pop(ref)))


def _cancelled(watch: Watch) -> None:
    asked = watch.bench.order.asked(watch.bench.last)
    if asked is not None and asked.kind == "F":
        watch.confirmed.add(asked.cl_ord_id)
    watch.bench.tell(watch.bench.cancelled())


def _new(exec_type: str) -> Callable[[Watch], None]:
    def tell(watch: Watch) -> None:
        if watch.bench.order.placed_id:
            refused = exec_type == "8"
            watch.unanswered_new.discard(watch.bench.order.placed_id)
            order_id = "NONE" if refused else "O2"
            watch.bench.tell(watch.bench.new_report(exec_type, status="8" if refused else "0", order_id=order_id))

    return tell


def _time(seconds: float) -> Callable[[Watch], None]:
    def pass_by(watch: Watch) -> None:
        watch.overdue = watch.overdue or seconds >= 2
        watch.bench.later(seconds)

    return pass_by


def _lost(watch: Watch) -> None:
    watch.overdue = True
    watch.bench.tell(Disconnected())


def _rejected(watch: Watch) -> None:
    watch.unanswered_new.discard(watch.bench.last)
    last = watch.bench.last
    watch.bench.tell(Rejected(cl_ord_id=last, kind=watch.kinds.get(last, "")))


def _not_sent(watch: Watch) -> None:
    watch.unanswered_new.discard(watch.bench.last)
    watch.bench.tell(NotSent(cl_ord_id=watch.bench.last, kind=watch.kinds.get(watch.bench.last, "")))


EVENTS: dict[str, Callable[[Watch], object]] = {
    "ask": lambda w: w.bench.ask(),
    "ask cancel-new": lambda w: w.bench.ask(mode="cancel_new"),
    "pause": lambda w: w.bench.ask(purpose="pause"),
    "cancel": lambda w: w.bench.tell(CancelAsked(order_id="O1")),
    "kill": lambda w: w.bench.tell(CancelAsked(order_id="O1", kill=True)),
    "re-enter": lambda w: w.bench.tell(ReenterAsked(order_id="O1", target=Target(strategy="VWAP"))),
    "reconcile": lambda w: w.bench.tell(StatusAsked(order_id="O1")),
    "guard passes": lambda w: w.bench.judge(),
    "guard fails": lambda w: w.bench.judge(passed=False),
    "fill": _fill,
    "bust": _bust,
    "replaced": lambda w: w.bench.tell(w.bench.replaced()),
    "replaced otherwise": lambda w: w.bench.tell(w.bench.replaced("1")),
    "cancelled": _cancelled,
    "cancelled unasked": lambda w: w.bench.tell(w.bench.report("4", status="4", leaves=0)),
    "pending": lambda w: w.bench.tell(w.bench.report("E", w.bench.last)),
    "pending cancel": lambda w: w.bench.tell(w.bench.report("6", w.bench.last)),
    "refused": lambda w: w.bench.tell(w.bench.refused("3")),
    "unknown order": lambda w: w.bench.tell(w.bench.refused("1", order_id="NONE")),
    "status": lambda w: w.bench.tell(w.bench.report("I")),
    "status cancelled": lambda w: w.bench.tell(w.bench.report("I", status="4")),
    "new works": _new("0"),
    "new refused": _new("8"),
    "rejected": _rejected,
    "not sent": _not_sent,
    "lost": _lost,
    "back": lambda w: w.bench.tell(LoggedOn()),
    "a second": _time(1),
    "six seconds": _time(6),
    "twenty seconds": _time(20),
}
WALK = st.lists(st.sampled_from(sorted(EVENTS)), max_size=40)


@given(WALK, st.sampled_from(["replace", "cancel_new"]), st.booleans())
def test_that_no_order_of_events_breaks_a_rule(walk: list[str], mode: str, status: bool) -> None:
    watch = Watch(mode, status_request=status)
    for name in walk:
        EVENTS[name](watch)
        watch.check()


@given(WALK)
def test_that_the_same_events_give_the_same_messages(walk: list[str]) -> None:
    runs = []
    for _ in range(2):
        watch = Watch("cancel_new")
        for name in walk:
            EVENTS[name](watch)
        runs.append((watch.bench.sent, watch.bench.order.state, watch.bench.order.words))
    assert runs[0] == runs[1]


def test_that_the_rules_see_a_new_order_without_a_cancel() -> None:
    watch = Watch("cancel_new")
    watch.bench.ask(PASSIVE)
    watch.check()
    watch.bench.tell(watch.bench.cancelled())  # not noted as confirmed
    watch.bench.judge()
    with pytest.raises(AssertionError):
        watch.check()
