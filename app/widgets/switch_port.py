"""What the order panel asks of the control process: targets, a pre-flight, one confirm, and what came of it."""

from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

from app.widgets.atdl_port import Paper

Action = Literal["switch", "pause", "resume", "cancel"]
Kind = Literal["int", "float", "text", "choice", "bool", "time"]
Verdict = Literal["pass", "warn", "fail"]
Direction = Literal["out", "in", "note"]
Tone = Literal["idle", "pending", "done", "refused", "alarm"]


class Bound(NamedTuple):
    """The order the panel is bound to, as the screen shows it; `generation` of the board it was read from."""

    parent_id: str
    symbol: str
    side: str
    remaining: int
    algo: str
    generation: int


class SwitchError(Exception):
    """The control process did not answer or said no; the text says why, in words for the screen."""


class Field(NamedTuple):
    """One parameter of a strategy: bounds and choices as the profile gives them; `value` fills the form."""

    name: str
    title: str
    kind: Kind
    value: str = ""
    choices: tuple[tuple[str, str], ...] = ()  # (wire value, title)
    low: float | None = None
    high: float | None = None
    required: bool = False
    about: str = ""


class Target(NamedTuple):
    """A strategy the profile offers for this order; `refused` says why it cannot be chosen, "" when it can."""

    strategy: str
    title: str
    fields: tuple[Field, ...] = ()
    mode: str = "replace"
    refused: str = ""
    paper: Paper | None = None  # the broker's own form; else one is made of the fields


@dataclass(frozen=True, slots=True)
class Menu:
    """What can be done with one algo order: today's strategy and parameters, targets, and why no pause if none.

    `version` counts what has happened to the order: the guard refuses when it has moved on since.
    """

    parent_id: str
    order_id: str
    version: int
    algo: str
    params: tuple[tuple[str, str], ...]
    targets: tuple[Target, ...]
    paused: bool = False
    no_pause: str = ""


class Wish(NamedTuple):
    """What the trader asks for; `version` is the order's version he was shown, `generation` the board's."""

    action: Action
    parent_id: str
    order_id: str
    version: int
    generation: int
    strategy: str = ""
    params: tuple[tuple[str, str], ...] = ()


class TagChange(NamedTuple):
    """One tag of the message to be sent: what the last accepted order had, what it will have; None = absent."""

    tag: int
    name: str
    before: str | None
    after: str | None


class Guard(NamedTuple):
    """One check with its state in words."""

    name: str
    verdict: Verdict
    words: str


class Forecast(NamedTuple):
    """What one strategy is expected to do; None where undefined, `why` says why. Times ns, risk bps, shares 0 to 1."""

    algo: str
    finish_ns: int | None = None
    unfilled: float | None = None
    unfilled_low: float | None = None
    unfilled_high: float | None = None
    risk_bps: float | None = None
    participation: float | None = None
    p_complete: float | None = None
    why: str = "undefined"


class Effect(NamedTuple):
    """Expected change of cost in bps (+ saves) with its interval; None with the reason where not identifiable."""

    bps: float | None
    low: float | None
    high: float | None
    words: str


@dataclass(frozen=True, slots=True)
class Preflight:
    """Everything shown before the one confirm; `token` is good for this pre-flight only."""

    token: str
    wish: Wish
    mode: str
    tags: tuple[TagChange, ...]
    guards: tuple[Guard, ...]
    now: Forecast
    then: Forecast
    effect: Effect

    @property
    def allowed(self) -> bool:
        """True when no check failed."""
        return all(guard.verdict != "fail" for guard in self.guards)


class Step(NamedTuple):
    """One message or change of state, in the order it happened."""

    ts_ns: int
    direction: Direction
    state: str
    words: str
    raw: bytes = b""


@dataclass(frozen=True, slots=True)
class Live:
    """A request on its way: state of the machine, its sentence, what it means for the screen, and every step."""

    order_id: str
    state: str
    words: str
    tone: Tone
    steps: tuple[Step, ...] = ()

    @property
    def pending(self) -> bool:
        """True until the request is confirmed or refused."""
        return self.tone == "pending"


class Killed(NamedTuple):
    """What the kill did with one order: cancelled, refused, unknown, or asked."""

    order_id: str
    state: str
    words: str


class SwitchPort(Protocol):
    """The control process. `menu` to `release` may take their time and are made off the screen's thread.

    They raise SwitchError with the reason. `live`, `killed` and `blocked` only look and are called every frame.
    """

    def menu(self, parent_id: str) -> Menu:
        """What can be done with a parent's working algo order."""

    def preflight(self, wish: Wish) -> Preflight:
        """Check a wish and say what would be sent; sends nothing."""

    def confirm(self, token: str) -> None:
        """Send what a pre-flight showed; every check is made again."""

    def reconcile(self, order_id: str) -> str:
        """Ask the broker what he holds of an order; what was done, in words. Changes nothing by itself."""

    def kill(self, scope: str) -> None:
        """Cancel every open order in a scope (`all`, `parent:ID`, `instrument:NAME`) and block new ones."""

    def release(self) -> None:
        """Allow new orders again after a kill."""

    def live(self, parent_id: str) -> Live | None:
        """The newest request on a parent, None if there was none."""

    def killed(self) -> tuple[Killed, ...]:
        """Orders of the last kill."""

    def blocked(self) -> str:
        """Why nothing new may be sent, "" when it may."""
