"""How the simulated EMS answers: one reaction per request, chosen by a world or by a test."""

from typing import Literal

import msgspec


class Reaction(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How one request is answered. The order goes on working, and filling, until the answer."""

    answer: Literal["accept", "refuse", "silence", "business_reject", "session_reject"] = "accept"
    pending: bool = True  # 150=E or 6 first
    pending_ms: int = 40
    answer_ms: int = 180
    text: str = ""
    reason: int | None = None  # 102 of a 35=9, 103 of a 150=8
    clamp_qty: int | None = None  # accepted with this total quantity instead
    echo: Literal["equal", "absent", "other"] = "equal"  # the strategy in the report
    copies: int = 1  # 2: the answer comes twice, the second with 43=Y


class Script(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Reactions by kind of request: the n-th request gets the n-th, further ones the last."""

    replace: tuple[Reaction, ...] = (Reaction(),)
    cancel: tuple[Reaction, ...] = (Reaction(),)
    new: tuple[Reaction, ...] = (Reaction(pending=False, answer_ms=60),)
    status: tuple[Reaction, ...] = (Reaction(pending=False, answer_ms=20),)

    def reaction(self, kind: str, number: int) -> Reaction:
        """The reaction to the number-th (from 0) request of a kind."""
        listed = {"G": self.replace, "F": self.cancel, "D": self.new}.get(kind, self.status) or (Reaction(),)
        return listed[min(number, len(listed) - 1)]
