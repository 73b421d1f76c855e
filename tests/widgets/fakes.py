"""Stand-ins behind the desk's ports: a tape that answers from memory, a control process that follows a script."""

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from app.widgets.lookback_port import Level, LookbackError
from app.widgets.switch_port import (
    Effect,
    Field,
    Forecast,
    Guard,
    Killed,
    Live,
    Menu,
    Preflight,
    Step,
    SwitchError,
    TagChange,
    Target,
    Tone,
    Wish,
)  # fmt: skip

T0 = 1_700_145_000_000_000_000
MESSAGE = (
    "8=FIX.4.4|9=300|35=8|34=77|49=EMS|56=DESK|11=C200001|37=O1|17=E300001|150=F|39=1|54=2|55=INST|38=1000|"
    "32=400|31=50.25|14=400|151=600|453=2|448=BRK|447=D|452=1|448=TRD|447=D|452=11|957=1|958=MaxPct|959=11|960=20|"
    "9999=own|10=123|"
).replace("|", "\x01").encode()  # fmt: skip


class Tape:
    """Answers what it is told to; `gate` holds every answer back until it is set."""

    def __init__(self) -> None:
        self.asked: list[tuple[object, ...]] = []
        self.gate = threading.Event()
        self.gate.set()
        self.problem = ""
        self.message: bytes | None = MESSAGE

    def _wait(self, *asked: object) -> None:
        self.asked.append(asked)
        self.gate.wait(10)
        if self.problem:
            raise LookbackError(self.problem)

    def ladder(self, instrument: str, ts_ns: int, venue: str | None = None, depth: int = 10) -> list[Level]:
        self._wait("ladder", instrument, ts_ns, venue)
        asks = [Level("A", 50.26 + 0.01 * k, 300 * (k + 1), k + 1, 0) for k in range(depth)]
        bids = [
            Level("B", 50.25 - 0.01 * k, 1200 + 700 * k, None if venue else 4, 400 if k == 1 else 0)
            for k in range(depth)
        ]
        return bids + asks

    def raw(self, source: str, seq: int) -> bytes | None:
        self._wait("raw", source, seq)
        return self.message

    def desk_as_of(self, ts_ns: int) -> Path:
        self._wait("desk", ts_ns)
        return Path("as_of")


DARK = Target(
    "DARK", "Dark seek", (
        Field("MaxPct", "Max % of volume", "float", "15", low=1, high=40, required=True, about="share of volume"),
        Field("Style", "Style", "choice", "2", (("1", "patient"), ("2", "neutral"))),
        Field("IWould", "I would", "float"),
    ),
)  # fmt: skip
TARGETS = (
    DARK,
    Target("POV", "POV", (Field("Rate", "Rate", "int", "10", low=1, high=30),), "cancel_new"),
    Target("SNIPE", "Snipe", refused="the profile does not allow it for short sales"),
)
TAGS = (
    TagChange(1, "Account", "ACC1", "ACC1"), TagChange(11, "ClOrdID", "H1-20231116-17", "H1-20231116-18"),
    TagChange(38, "OrderQty", "500000", "500000"), TagChange(41, "OrigClOrdID", None, "H1-20231116-17"),
    TagChange(54, "Side", "5", "5"), TagChange(114, "LocateReqd", "N", "N"),
    TagChange(847, "TargetStrategy", "VWAP", "DARK"),
    TagChange(849, "ParticipationRate", "0.25", None), TagChange(6401, "StrategyTag", "VWAP", "DARK"),
)  # fmt: skip
GUARDS = (
    Guard("Session", "pass", "logged on, resend finished"), Guard("Order working", "pass", "leaves 312,400"),
    Guard("No request pending", "pass", "none from anyone"), Guard("Last report", "pass", "0.4 s old"),
    Guard("Quantity", "warn", "312,400 is 15.6 % of ADV, warned from 10 %"), Guard("Throttle", "pass", "0 of 3 today"),
)  # fmt: skip


class Control:
    """Keeps what it was asked; `verdicts` replaces guards, `after` scripts what a confirm leads to."""

    def __init__(self) -> None:
        self.sent: list[Wish] = []
        self.killed_scopes: list[str] = []
        self.reconciled: list[str] = []
        self.checks: list[Wish] = []
        self.menus: list[str] = []
        self.guards: tuple[Guard, ...] = GUARDS
        self.effect = Effect(None, None, None, "not identifiable")
        self.p_complete = 0.93
        self.problem = ""
        self.gate = threading.Event()
        self.gate.set()
        self.after: Callable[[Wish], Live] = pending
        self.states: dict[str, Live] = {}
        self.no_pause = "the profile has no pause"
        self._open: dict[str, Preflight] = {}

    def menu(self, parent_id: str) -> Menu:
        self.menus.append(parent_id)
        if self.problem:
            raise SwitchError(self.problem)
        params = (("MaxPct", "25"), ("End", "16:00:00"))
        return Menu(parent_id, f"A-{parent_id}", len(self.sent), "VWAP", params, TARGETS, no_pause=self.no_pause)

    def preflight(self, wish: Wish) -> Preflight:
        self.checks.append(wish)
        self.gate.wait(10)
        now = Forecast("VWAP", T0 + 3_600 * 10**9, 12_000.0, 2_000.0, 31_000.0, 18.4, 0.25, 0.97)
        then = Forecast(
            "DARK", T0 + 7_200 * 10**9, 40_000.0, 5_000.0, 90_000.0, 24.0, None, self.p_complete, "no history"
        )
        found = Preflight(f"t{len(self.checks)}", wish, "replace", TAGS, self.guards, now, then, self.effect)
        self._open[found.token] = found
        return found

    def confirm(self, token: str) -> None:
        if self.problem:
            raise SwitchError(self.problem)
        wish = self._open.pop(token).wish
        self.sent.append(wish)
        self.states[wish.parent_id] = self.after(wish)

    def reconcile(self, order_id: str) -> str:
        if self.problem:
            raise SwitchError(self.problem)
        self.reconciled.append(order_id)
        return "R5: status asked"

    def kill(self, scope: str) -> None:
        self.killed_scopes.append(scope)

    def release(self) -> None:
        self.killed_scopes.clear()

    def live(self, parent_id: str) -> Live | None:
        return self.states.get(parent_id)

    def killed(self) -> tuple[Killed, ...]:
        words = (
            Killed("A-1", "cancelled", "150=4"),
            Killed("A-2", "refused", "too late"),
            Killed("A-3", "unknown", ""),
        )
        return words if self.killed_scopes else ()

    def blocked(self) -> str:
        return "killed: all" if self.killed_scopes else ""

    def move(self, parent_id: str, state: str, tone: Tone, words: str, raw: bytes = b"") -> None:
        """The machine's next state, with the message that brought it."""
        live = self.states[parent_id]
        step = Step(T0 + 10**9 * (len(live.steps) + 1), "in" if raw else "note", state, words if not raw else "", raw)
        self.states[parent_id] = replace(live, state=state, words=words, tone=tone, steps=(*live.steps, step))


def pending(wish: Wish) -> Live:
    """The state right after a confirm."""
    out = Step(T0, "out", "R1", "OrderCancelReplaceRequest", MESSAGE.replace(b"35=8", b"35=G"))
    return Live(wish.order_id, "R1", "switch sent, old algo still working", "pending", (out,))
