"""Worlds for evidence: fast markets of many instruments with own parents in them, some of them watched."""

from app.feeds.simulator.evidence.episode import Episode, episode_of
from app.feeds.simulator.evidence.setting import (
    EvidenceWorld,
    Split,
    code_hash,
    insist_on_split,
    load_world,
    seeds_of,
    split_of_seed,
    world_hash,
    worlds,
)
from app.feeds.simulator.evidence.truth import Truth

__all__ = [
    "Episode", "EvidenceWorld", "Split", "Truth", "code_hash", "episode_of", "insist_on_split", "load_world",
    "seeds_of", "split_of_seed", "world_hash", "worlds",
]  # fmt: skip
