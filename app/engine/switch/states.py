"""The states of one algo order: replace mode R, cancel-new mode C, plain cancel and kill K."""

from enum import StrEnum
from typing import Final


class State(StrEnum):
    """Where a request on an order stands."""

    R0 = "R0"
    R1 = "R1"
    R2 = "R2"
    R3 = "R3"
    R4 = "R4"
    R5 = "R5"
    R6 = "R6"
    R7 = "R7"
    R8 = "R8"
    R9 = "R9"
    C0 = "C0"
    C1 = "C1"
    C2 = "C2"
    C3 = "C3"
    C3W = "C3W"
    C4 = "C4"
    C5 = "C5"
    C6 = "C6"
    C7 = "C7"
    CU = "CU"
    CX = "CX"
    K1 = "K1"
    K2 = "K2"
    K3 = "K3"
    K4 = "K4"
    K5 = "K5"
    K7 = "K7"


NAMES: Final[dict[State, str]] = {
    State.R0: "idle",
    State.R1: "switch sent, old algo still working",
    State.R2: "switch pending at the broker, old algo still working",
    State.R3: "offline",
    State.R4: "UNKNOWN",
    State.R5: "accepted",
    State.R6: "filled before switch",
    State.R7: "refused, old algo still working",
    State.R8: "break, reconcile",
    State.R9: "gone",
    State.C0: "idle",
    State.C1: "cancel sent, old algo still working",
    State.C2: "cancel pending at the broker, old algo still working",
    State.C3: "cancelled, guard is checked again",
    State.C3W: "reconciling",
    State.C4: "new order sent",
    State.C5: "done",
    State.C6: "NAKED",
    State.C7: "UNKNOWN: new order not answered",
    State.CU: "UNKNOWN: cancel not answered",
    State.CX: "offline",
    State.K1: "cancel sent",
    State.K2: "cancel pending at the broker",
    State.K3: "offline: the cancel goes out after logon",
    State.K4: "UNKNOWN: cancel not answered",
    State.K5: "cancelled",
    State.K7: "cancel refused, still working",
}

# Works, and nothing of ours is under way: a switch may begin.
READY: Final = frozenset({State.R0, State.C0, State.R5, State.R7, State.K7})
# The old order works as far as is known; an unsolicited end takes it to R9.
LIVE: Final = READY | {
    State.R1, State.R2, State.R3, State.R4, State.R8, State.C1, State.C2, State.CU, State.CX, State.K1, State.K2,
    State.K3, State.K4,
}  # fmt: skip
AWAITING: Final = frozenset({State.R1, State.R2, State.C1, State.C2, State.C4, State.K1, State.K2})
OFFLINE: Final = frozenset({State.R3, State.CX, State.K3})
UNKNOWN: Final = frozenset({State.R4, State.CU, State.C7, State.K4})
# The old order was cancelled so that a new one may take its place.
CANCELLED: Final = frozenset({State.C3, State.C3W, State.C4, State.C5, State.C6, State.C7})
# A new order was sent for what was left.
PLACED: Final = frozenset({State.C4, State.C5, State.C7})
OVER: Final = frozenset({State.R6, State.R9, State.C5, State.K5})
