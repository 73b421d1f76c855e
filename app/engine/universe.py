"""Names and numbers: instruments, venues and sources are interned once, reference data beside them.

Indices depend on the order of arrival, so nothing definitive is ever ordered by them, only by name.
"""

from dataclasses import dataclass, field

from app.engine.events import Instrument


@dataclass(slots=True)
class Names:
    """An append-only table of names; index() interns."""

    names: list[str] = field(default_factory=list)
    _index: dict[str, int] = field(default_factory=dict)

    def index(self, name: str) -> int:
        """The number of a name, given on first sight."""
        found = self._index.get(name)
        if found is None:
            found = self._index[name] = len(self.names)
            self.names.append(name)
        return found

    def known(self, name: str) -> bool:
        """True once the name has been interned."""
        return name in self._index

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, index: int) -> str:
        return self.names[index]

    def ranks(self) -> list[int]:
        """Position of each name in sorted order: the definitive order of equal times."""
        order = sorted(range(len(self.names)), key=self.names.__getitem__)
        ranks = [0] * len(order)
        for rank, index in enumerate(order):
            ranks[index] = rank
        return ranks


@dataclass(slots=True)
class Universe:
    """The interned names of a run and what is known of each instrument."""

    instruments: Names = field(default_factory=Names)
    venues: Names = field(default_factory=Names)
    sources: Names = field(default_factory=Names)
    reference: dict[str, Instrument] = field(default_factory=dict)
    fx: dict[str, list[tuple[int, float]]] = field(default_factory=dict)  # pair -> [(ts_event, rate)], sorted

    def describe(self, instrument: Instrument) -> None:
        """Set the reference data of an instrument and intern its name."""
        self.instruments.index(instrument.instrument)
        self.reference[instrument.instrument] = instrument

    def of(self, name: str) -> Instrument:
        """Reference data of an instrument; an unknown one has nothing but its name."""
        return self.reference.get(name) or Instrument(instrument=name)
