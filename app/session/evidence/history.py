"""Kernels and placebos from a firm's own recordings: what its instruments do when it does nothing in them."""

import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from app.engine.config import EngineConfig
from app.engine.core import Engine
from app.engine.evidence.follow import Evidence
from app.engine.evidence.model import Kernel, Model
from app.engine.evidence.placebo import Library, Placebos, Plan
from app.engine.universe import Universe
from app.runtime.route import Route
from app.session.evidence.gathered import BLOCK
from app.session.evidence.neutral import neutral_model
from app.session.evidence.sampled import NOTHING, Sampled, Seen, kernel_of
from app.session.formats import Sources, resolved_format
from app.settings import load_settings


def kernels_of(paths: Sequence[Path]) -> dict[str, Kernel]:
    """A kernel for each instrument of some recordings. Raises ScorecardError."""
    seen: dict[str, Seen] = {}
    for path in paths:
        evidence = recorded(path, neutral_model(), Sampled)
        assert isinstance(evidence, Sampled)  # noqa: S101 - as asked for
        for name, found in evidence.seen().items():
            seen[name] = seen.get(name, NOTHING).plus(found)
    kernels = {name: kernel_of(found) for name, found in seen.items()}
    return {name: kernel for name, kernel in kernels.items() if kernel is not None}


def placebos_of(paths: Sequence[Path], model: Model) -> Library:
    """Placebos of all instruments of some recordings, away from own orders. Raises ScorecardError."""
    library = Library()
    for path in paths:
        evidence = recorded(path, model, Placebos, Plan(zlib.crc32(path.name.encode())))
        assert isinstance(evidence, Placebos)  # noqa: S101 - as asked for
        library.add(evidence.library)
    return library


def recorded(path: Path, model: Model, kind: type[Evidence], *more: Any) -> Evidence:
    """The evidence of a kind after a recording of any format."""
    universe, sources = Universe(), Sources(load_settings(), None)
    with sources.open(path, resolved_format(path, None), universe) as recording:
        route = Route(recording.market, recording.orders, BLOCK)
        route.next_ns()  # names and reference data of the first rows are known to the engine from the start
        config = EngineConfig(evidence=model)
        engine = Engine(universe, config)
        state = engine.state
        evidence = state.evidence = kind(config, universe, state.history, state.joins, *more)
        block = route.take()
        while block is not None:
            engine.apply(block)
            block = route.take()
        engine.finish(route.end_ns)
    return evidence
