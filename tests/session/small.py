"""A small generated session on disk, for tests of everything between a path and the files of a run."""

from pathlib import Path

from app.feeds.generator import Plan
from app.session.generate import generate_session

PLAN = Plan(seed=5, market_rows=4_000, order_share=0.02, instruments=2, duration_s=600)


def small_session(folder: Path) -> Path:
    """Write it; the folder."""
    generate_session(PLAN, folder)
    return folder
