"""A small world for evidence: two instruments, ten minutes, twenty children a parent, half of them seen."""

from typing import Any

import msgspec

from app.feeds.simulator.evidence.setting import Agent, Calibrated, EvidenceWorld, Market, Orders

SEED = 1_000_007


def tiny_world(**changes: Any) -> EvidenceWorld:
    """The small world with some of its tables replaced."""
    usual: dict[str, Any] = {
        "name": "tiny",
        "title": "small",
        "market": Market(instruments=2),
        "orders": Orders(children=20, minutes=10.0),
        "agent": Agent(target_bps=2.0, share=0.5),
        "calibrated": Calibrated(per_slice={"VWAP": 1.2, "TWAP": 1.2, "POV": 1.1, "PASSIVE": 1.0, "SEEK": 1.0}),
    }
    return EvidenceWorld(**{**usual, **changes})


def one_algo(name: str, **changes: Any) -> Orders:
    """Orders of one algo alone."""
    return Orders(**{"children": 20, "minutes": 10.0, "algos": {name: 1.0}, **changes})


def with_agent(world: EvidenceWorld, **changes: Any) -> EvidenceWorld:
    """The world with some keys of its agent changed."""
    return msgspec.structs.replace(world, agent=msgspec.structs.replace(world.agent, **changes))


def with_market(world: EvidenceWorld, **changes: Any) -> EvidenceWorld:
    """The world with some keys of its market changed."""
    return msgspec.structs.replace(world, market=msgspec.structs.replace(world.market, **changes))
