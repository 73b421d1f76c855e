"""Seeded sessions for demonstrations, benchmarks and tests, written as session folders."""

from pathlib import Path

from app.feeds.decode.rows import chunks
from app.feeds.generator import Plan, generate
from app.feeds.session import write_session


def generate_session(plan: Plan, out: Path) -> tuple[int, int]:
    """Write the session of a plan; market and order rows written. Raises FeedError where the folder cannot be."""
    made = generate(plan)
    write_session(out, chunks(made.market), made.orders, made.universe)
    return len(made.market), len(made.orders)
