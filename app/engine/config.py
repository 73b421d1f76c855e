"""What the engine is told once, before the first row: thresholds, budgets and ring sizes."""

from typing import Literal, Protocol, TypeAlias, runtime_checkable

import msgspec

from app.engine.units import SECOND

CostModel: TypeAlias = Literal["almgren", "square_root", "istar"]
LevelMode: TypeAlias = Literal["z", "bps"]


@runtime_checkable
class EvidenceModel(Protocol):
    """An evidence model (evidence/model.py), of which only the name of its content is of interest here."""

    @property
    def hash(self) -> str:
        """Hash of the content."""


class EngineConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of the engine; durations in ns, rows in counts.

    `clock_budget_ns`: error budget of each source's clock; one that is not listed has that of "*", else 0.
    `ring_ns`, `ring_rows`: the touch history keeps whatever is inside either.
    """

    level_mode: LevelMode = "z"
    level_amber: float = 2.0
    level_red: float = 3.0
    bps_quiet: float = 0.5
    bps_amber: float = 2.0
    bps_red: float = 4.0
    leave_at: float = 0.75
    dwell_ns: int = 10 * SECOND
    cost_model: CostModel = "square_root"
    clock_budget_ns: dict[str, int] = {}
    ring_ns: int = 120 * SECOND
    ring_rows: int = 16_384
    book: bool = False  # emit the touch after every completed venue event
    evidence: EvidenceModel | None = None  # without a model the evidence columns are undefined

    @property
    def model_hash(self) -> str | None:
        """Hash of the evidence model; None without one."""
        return None if self.evidence is None else self.evidence.hash

    def budget_of(self, source: str) -> int:
        """Clock error budget of a source (ns)."""
        return self.clock_budget_ns.get(source, self.clock_budget_ns.get("*", 0))
