"""What may be sent to the API, with examples; anything else is refused naming the field and what is allowed."""

from typing import Annotated, Any, Final, Literal, TypeVar

import msgspec

from app.api.problems import Problem
from app.engine.switch.facts import Target
from app.engine.switch.guard import Wish

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Hash = Annotated[str, msgspec.Meta(max_length=128)]
Body = TypeVar("Body", bound=msgspec.Struct)


class _Closed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A body without unknown fields."""


class PreflightBody(_Closed, frozen=True):
    """What is wished of a parent's algo order, and the version of it that was looked at."""

    parent_id: Name
    action: Literal["switch", "pause", "resume", "reenter"]
    version: Annotated[int, msgspec.Meta(ge=0, le=2**53)]
    strategy: Annotated[str, msgspec.Meta(max_length=200)] = ""
    params: dict[Name, Annotated[str, msgspec.Meta(max_length=1000)]] = {}
    mode: Literal["", "replace", "cancel_new"] = ""
    generation: Annotated[int, msgspec.Meta(ge=0, le=2**53)] = 0

    def wish(self, order_id: str) -> Wish:
        """As the control process takes it."""
        return Wish(
            action=self.action, order_id=order_id, version=self.version, generation=self.generation,
            target=Target(strategy=self.strategy, params=dict(self.params)), mode=self.mode,
        )  # fmt: skip


class SwitchBody(_Closed, frozen=True):
    """The confirm of a pre-flight: its token, good once, for who asked for it, for two minutes."""

    token: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{32}$")]
    generation: Annotated[int, msgspec.Meta(ge=0, le=2**53)] = 0


class OrderBody(_Closed, frozen=True):
    """One algo order of the session."""

    order_id: Name


class ScopeBody(_Closed, frozen=True):
    """What a kill is for: all, parent:ID, order:ID, instrument:NAME."""

    scope: Annotated[str, msgspec.Meta(pattern="^(all|(parent|order|instrument):.{1,200})$")]


class RuleBody(_Closed, frozen=True):
    """Arm a rule - the first person proposes, a second one arms - or disarm it."""

    rule: Name
    on: bool


EXAMPLES: Final[dict[type, dict[str, Any]]] = {
    PreflightBody: {
        "parent_id": "TECH-20260105-1", "action": "switch", "version": 3, "strategy": "POV",
        "params": {"TargetPct": "10"},
    },
    SwitchBody: {"token": "0f1e2d3c4b5a69788796a5b4c3d2e1f0"},  # nosec B105 - an example
    OrderBody: {"order_id": "TECH-A1"},
    RuleBody: {"rule": "red-to-passive", "on": False},
    ScopeBody: {"scope": "parent:TECH-20260105-1"},
}  # fmt: skip


def decoded(kind: type[Body], body: bytes) -> Body:
    """A body of a kind. Raises Problem 422 naming the field and what is allowed."""
    try:
        found: Body = msgspec.convert(_whole(msgspec.json.decode(body)), kind)
        msgspec.json.encode(found)  # an unpaired surrogate can be written in JSON and cannot be sent on as UTF-8
    except (msgspec.DecodeError, UnicodeError) as error:
        raise Problem(422, f"body: {error}") from None
    return found


def _whole(found: Any) -> Any:
    """An object whose fields 3.0 are 3: to JSON it is the same integer."""
    if not isinstance(found, dict):
        return found
    return {k: int(v) if isinstance(v, float) and v.is_integer() else v for k, v in found.items()}
