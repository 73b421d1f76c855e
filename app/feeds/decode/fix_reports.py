"""What an execution report says: ExecTransType (20), ExecType (150) and OrdStatus (39) of FIX 4.0 to 5.0.

FIX 4.2 tells busts and corrections by ExecTransType and fills by ExecType 1 and 2; FIX 4.4 says all of it in ExecType.
"""

from typing import Final, Literal, TypeAlias

from app.feeds.decode.fix_fields import FixMessage

Meaning: TypeAlias = Literal[
    "acked", "fill", "done_for_day", "cancelled", "replaced", "rejected", "expired", "restated", "bust", "correct",
    "pending", "status", "unknown",
]  # fmt: skip
_EXEC_TYPE: Final[dict[str, Meaning]] = {
    "0": "acked", "1": "fill", "2": "fill", "3": "done_for_day", "4": "cancelled", "5": "replaced", "6": "pending",
    "7": "pending", "8": "rejected", "9": "pending", "A": "pending", "B": "pending", "C": "expired", "D": "restated",
    "E": "pending", "F": "fill", "G": "correct", "H": "bust", "I": "status", "J": "pending", "K": "pending",
    "L": "pending",
}  # fmt: skip
_EXEC_TRANS_TYPE: Final[dict[str, Meaning]] = {"1": "bust", "2": "correct", "3": "status"}
ENDS: Final = frozenset({"2", "4", "8", "C"})  # OrdStatus after which an order works no more


def meaning(message: FixMessage) -> Meaning:
    """What a 35=8 says. Without ExecType (FIX 4.0) OrdStatus decides, a fill then needs a quantity."""
    trans = message.text(20)
    if trans in _EXEC_TRANS_TYPE:
        return _EXEC_TRANS_TYPE[trans]
    exec_type = message.text(150)
    if exec_type is not None:
        return _EXEC_TYPE.get(exec_type, "unknown")
    status = message.text(39) or ""
    said = _EXEC_TYPE.get(status, "unknown")
    if said == "fill" and not (message.text(32) or "").strip("0."):
        return "status"
    return "pending" if status == "D" else said  # OrdStatus D: accepted for bidding
