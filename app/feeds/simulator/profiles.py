"""The broker profile of the simulated session: what its EMS calls its strategies on the wire."""

import tomllib
from functools import cache

from app.engine.switch.profile import Profile, profile_of
from app.feeds.simulator.world import WORLDS

PROFILE = WORLDS.parent / "profiles" / "sim.toml"


@cache
def simulated_profile() -> Profile:
    """resources/profiles/sim.toml, read once."""
    return profile_of(tomllib.loads(PROFILE.read_text("utf-8")), PROFILE.name)
