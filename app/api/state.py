"""How the API and what it rests on are: for the health answer and the gauges."""

from typing import Any

from app import __version__
from app.api.doorkeeper import Doorkeeper
from app.api.metrics import Metrics
from app.api.trail import AuditTrail
from app.api.view import BoardView


class Health:
    """Looked at when asked. `status` is "ok" only when board and audit can be believed."""

    def __init__(self, view: BoardView, trail: AuditTrail, doorkeeper: Doorkeeper, counted: Metrics) -> None:
        self.counted = counted
        self._view = view
        self._trail = trail
        self._doorkeeper = doorkeeper

    def facts(self) -> dict[str, Any]:
        """Everything in words and numbers."""
        faults = [self._view.fault, self._doorkeeper.fault, self._trail.unwritten]
        return {
            "status": "degraded" if any(faults) else "ok", "version": __version__, "board": self._view.facts(),
            "control": {"fault": self._trail.unwritten or None, "audit_entries_waiting": len(self._trail)},
            "tokens": {"fault": self._doorkeeper.fault or None}, "streams": self.counted.streams,
        }  # fmt: skip

    def metrics(self) -> str:
        """The counters, and gauges of now."""
        view = self._view
        return self.counted.text({
            "board_generation": (view.place.generation, "Last change of the board that was read"),
            "board_watermark_seconds": ((view.watermark or 0) / 1e9, "Event time up to which the board has everything"),
            "board_fault": (float(bool(view.fault)), "1 while the board cannot be believed"),
            "parents": (len(view.rows), "Parents on the board"),
            "audit_waiting": (len(self._trail), "Entries on their way into the audit"),
        })  # fmt: skip
