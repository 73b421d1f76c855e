"""An order in any state, and every event of the matrix as a fact about it."""

import tomllib
from collections.abc import Callable
from typing import Any

from app.engine.switch.facts import (
    CancelAsked,
    CancelRefused,
    Disconnected,
    Effect,
    Fact,
    GuardJudged,
    Rejected,
    Report,
    SendFix,
    SwitchAsked,
    Tags,
    Target,
    Ticked,
)
from app.engine.switch.ids import Ids
from app.engine.switch.machine import Moment, step
from app.engine.switch.order import Order
from app.engine.switch.profile import Profile, profile_of
from app.engine.switch.states import State
from app.engine.units import SECOND

T0 = 1_767_623_400 * SECOND  # 2026-01-05 14:30 UTC
ANSWER = 5 * SECOND
PROFILE = """
name = "test"
mode = "MODE"
status_request = true
answer_s = 5.0
kill_wait_s = 2.0
reconcile_s = 10.0
[pause]
tag = 6408
[strategies.VWAP]
wire = "1"
[strategies.VWAP.parameters.MaxPct]
tag = 6404
kind = "float"
low = 1
high = 50
default = "30"
[strategies.PASSIVE]
wire = "2"
[strategies.PASSIVE.parameters.MinClip]
tag = 6406
kind = "int"
low = 1
default = "100"
[strategies.PASSIVE.parameters.Urgency]
kind = "choice"
choices = { L = "low", H = "high" }
"""
TAGS: Tags = (
    (1, "ACC"), (15, "USD"), (18, "M"), (21, "1"), (526, "TECH"), (55, "TECH"), (54, "2"), (40, "1"), (59, "0"),
    (847, "1"), (6404, "30"), (38, "1000"), (9999, "own"),
)  # fmt: skip
PASSIVE = Target(strategy="PASSIVE", params={"MinClip": "200"})


def profile(mode: str = "replace", **changes: object) -> Profile:
    """The broker of these tests."""
    return profile_of(tomllib.loads(PROFILE.replace("MODE", mode)) | changes, "test.toml")


class Bench:
    """One order and the machine around it; time moves when it is told to."""

    def __init__(self, mode: str = "replace", **changes: object) -> None:
        self.profile = profile(mode, **changes)
        self.ids = Ids(host="desk")
        self.now = T0
        self.sent: list[SendFix] = []
        self.effects: list[Effect] = []
        self._exec = 0
        idle = State.R0 if mode == "replace" else State.C0
        self.order = Order(
            order_id="O1", parent_id="TECH", state=idle, tags=TAGS, accepted="A1", chain=["A0", "A1"], qty=1000
        )
        self.tell(self.fill(300, cum=300))

    def tell(self, fact: Fact) -> list[Effect]:
        """One fact, now."""
        self.effects = step(self.order, fact, Moment(self.now, self.profile, self.ids))
        self.sent += [effect for effect in self.effects if isinstance(effect, SendFix)]
        return self.effects

    def later(self, seconds: float) -> list[Effect]:
        """Time goes by."""
        self.now += round(seconds * SECOND)
        return self.tell(Ticked())

    def is_in(self, state: State) -> bool:
        """True when the order is in this state now."""
        return self.order.state is state

    @property
    def last(self) -> str:
        """ClOrdID of the last G, F or D sent."""
        return next((sent.cl_ord_id for sent in reversed(self.sent) if sent.kind != "H"), "A1")

    def kinds(self) -> str:
        """Messages sent so far, by type."""
        return "".join(sent.kind for sent in self.sent)

    def report(self, exec_type: str, cl_ord_id: str = "", **values: Any) -> Report:
        """A 35=8 on the order: its quantities as they are held."""
        self._exec += 1
        cum = self.order.cum
        common: dict[str, Any] = {
            "status": "1", "cl_ord_id": cl_ord_id or self.order.accepted, "order_id": "O1", "qty": self.order.qty,
            "cum": cum, "leaves": self.order.qty - cum, "exec_id": f"E{self._exec}",
        }  # fmt: skip
        return Report(exec_type=exec_type, **(common | values))

    def fill(self, qty: int, cum: int | None = None, cl_ord_id: str = "", **values: Any) -> Report:
        """A 150=F."""
        cum = self.order.cum + qty if cum is None else cum
        status = "2" if cum >= self.order.qty else "1"
        common: dict[str, Any] = {"cum": cum, "last_qty": qty, "status": status, "leaves": self.order.qty - cum}
        return self.report("F", cl_ord_id, **(common | values))

    def bust(self, ref: str = "E1", qty: int = 300) -> Report:
        """A 150=H."""
        return self.report("H", cum=self.order.cum - qty, last_qty=qty, ref_exec_id=ref)

    def refused(self, reason: str = "", status: str = "1", order_id: str = "O1", text: str = "no") -> CancelRefused:
        """A 35=9 on the last request."""
        return CancelRefused(cl_ord_id=self.last, order_id=order_id, status=status, reason=reason, text=text)

    def replaced(self, wire: str | None = "2", **values: Any) -> Report:
        """A 150=5 on the last request, with this strategy echoed."""
        tags = tuple(pair for pair in TAGS if pair[0] not in {847, 6404})
        tags = tags if wire is None else (*tags, (847, wire))
        return self.report("5", self.last, orig_cl_ord_id=self.order.accepted, tags=tags, **values)

    def cancelled(self, **values: Any) -> Report:
        """A 150=4 on the last request."""
        return self.report("4", self.last, orig_cl_ord_id="A1", **({"status": "4", "leaves": 0} | values))

    def ask(self, target: Target = PASSIVE, **values: Any) -> list[Effect]:
        """A switch, confirmed."""
        return self.tell(SwitchAsked(order_id="O1", target=target, **values))

    def judge(self, *, passed: bool = True) -> list[Effect]:
        """The guard's second word."""
        return self.tell(GuardJudged(order_id="O1", passed=passed, qty=self.order.leaves, words="board stale"))

    def new_report(self, exec_type: str, **values: Any) -> Report:
        """A report on the order sent in place of the cancelled one."""
        common: dict[str, Any] = {"order_id": "O2", "qty": 700, "cum": 0, "leaves": 700, "status": "0"}
        return self.report(exec_type, self.order.placed_id, **(common | values))


def bench_in(state: State) -> Bench:
    """An order in one of the matrix's states, reached the usual way."""
    bench = Bench("replace" if state.value.startswith("R") else "cancel_new")
    paths: dict[State, list[Callable[[], object]]] = {
        State.R1: [bench.ask],
        State.R2: [bench.ask, lambda: bench.tell(bench.report("E", bench.last))],
        State.R3: [bench.ask, lambda: bench.tell(Disconnected())],
        State.R5: [bench.ask, lambda: bench.tell(bench.replaced())],
        State.C1: [bench.ask],
        State.C2: [bench.ask, lambda: bench.tell(bench.report("6", bench.last))],
        State.C3: [bench.ask, lambda: bench.tell(bench.cancelled())],
        State.C4: [bench.ask, lambda: bench.tell(bench.cancelled()), bench.judge],
    }
    for go in paths.get(state, []):
        go()
    assert bench.order.state is state
    return bench


def matrix_event(bench: Bench, event: str) -> list[Effect]:
    """One event of the matrix in the state the bench is in."""
    state = bench.order.state
    in_flight = bench.order.request is not None
    if event.startswith("150="):
        return bench.tell(_report_of(bench, state, event.removeprefix("150=")))
    if event.startswith("9"):
        reason = event.removeprefix("9").strip().removeprefix("102=")
        cancel = next((sent.cl_ord_id for sent in reversed(bench.sent) if sent.kind in {"F", "G"}), "X")
        fact = CancelRefused(
            cl_ord_id=cancel, order_id="NONE" if reason == "1" else "O1", status="1", reason=reason, text="no"
        )
        return bench.tell(fact)
    if event in {"35=j", "35=3"}:
        sent = next((sent for sent in reversed(bench.sent) if sent.kind != "H"), None)
        answered = sent is None or not (in_flight or state is State.C3)
        fact2 = Rejected(
            cl_ord_id="X" if sent is None else sent.cl_ord_id, kind="" if answered else str(sent and sent.kind)
        )
        return bench.tell(fact2)
    match event:
        case "deadline":
            return bench.later(6)
        case "disconnect":
            return bench.tell(Disconnected())
        case "kill":
            return bench.tell(CancelAsked(order_id="O1", kill=True))
        case "late fill":
            return bench.tell(bench.fill(100, cl_ord_id="A0"))
        case _:
            return bench.tell(bench.bust())


def _report_of(bench: Bench, state: State, exec_type: str) -> Report:
    own = bench.order.request is not None
    if state is State.C4 and exec_type in {"0", "4", "8", "F"}:
        status = {"4": "4", "8": "8"}.get(exec_type, "0")
        return bench.new_report(exec_type, status=status, order_id="NONE" if exec_type == "8" else "O2")
    mine = {"5": "G", "E": "G", "4": "F", "6": "F", "8": "GF"}.get(exec_type, "")
    answers = own and bench.order.request is not None and bench.order.request.kind in mine
    match exec_type:
        case "4":
            return bench.cancelled() if answers or state is State.C3 else bench.report("4", status="4", leaves=0)
        case "5":
            return bench.replaced() if answers else bench.report("5", "Z1", tags=TAGS)
        case "F":
            return bench.fill(100)
        case "8":
            return bench.report("8", bench.last if answers else "", text="no")
        case "E" | "6":
            return bench.report(exec_type, bench.last if answers else "Z1")
        case _:
            return bench.report(exec_type, status="C" if exec_type == "C" else "1")
