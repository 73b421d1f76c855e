"""The TECH day cut to its first twenty minutes, with its note and its agent moved into them: a world in a file."""

from pathlib import Path

from app.feeds.simulator.world import WORLDS

SWITCH_AT = "09:42:00"
MORNING = f"""
extends = "{WORLDS / "tech"}"
close = "09:50:00"
news = [{{ at = "09:36:00", volume = 2.5, volatility = 2.0 }}]
[parent]
qty = 20_000
end = "09:50:00"
[agent]
since = "09:36:30"
[noise]
pins = []
[listing]
adv = 102_564.0
[volume]
opening = 2_000
closing = 6_000
"""


def morning(folder: Path) -> Path:
    """The file of the world."""
    path = folder / "morning.toml"
    path.write_text(MORNING)
    return path
