"""What the desk may ask of the rest of the house. Each is a small protocol; the desk's process fills them in."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from app.widgets.lookback_port import LookbackPort
from app.widgets.playback import Playback
from app.widgets.rules_port import RulesPort
from app.widgets.switch_port import SwitchPort


@runtime_checkable
class EnginePort(Protocol):
    """The supervisor: why the engine ended, and a fresh one. Both return at once."""

    def reason(self) -> str:
        """Why it ended, in words; "" when nothing is known."""

    def restart(self) -> None:
        """Start it again; the board says what became of it."""


@dataclass(frozen=True, slots=True)
class Me:
    """Who sits here: names as order flow writes them; "" = not said."""

    trader: str = ""
    desk: str = ""


@dataclass(frozen=True, slots=True)
class Ports:
    """Everything the window may ask for; None: not there, and the screen says so."""

    playback: Playback | None = None
    engine: EnginePort | None = None
    switch: SwitchPort | None = None
    lookback: LookbackPort | None = None
    me: Me = Me()
    rules: RulesPort | None = None
    runtime: Path | None = None  # folder where the trader's reasons are kept
