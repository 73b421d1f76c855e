"""What one application of a block asks of the outside: rows set aside, alerts to show."""

from dataclasses import dataclass, field

from app.engine.events import Quarantined


@dataclass(slots=True)
class Effects:
    """Imperatives for the runtime; the engine itself does nothing outside."""

    quarantine: list[Quarantined] = field(default_factory=list)
    alerts: list[str] = field(default_factory=list)
