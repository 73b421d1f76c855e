"""Seeded sessions for demonstrations, benchmarks and tests, written as session folders."""

from pathlib import Path

from app.feeds.decode.rows import chunks
from app.feeds.generator import Plan, generate
from app.feeds.generator.itch import ItchPlan, itch_day
from app.feeds.generator.itch_wire import WirePlan, write_book, write_itch
from app.feeds.session import write_session


def generate_session(plan: Plan, out: Path) -> tuple[int, int]:
    """Write the session of a plan; market and order rows written. Raises FeedError where the folder cannot be."""
    made = generate(plan)
    write_session(out, chunks(made.market), made.orders, made.universe)
    return len(made.market), len(made.orders)


def generate_itch(plan: ItchPlan, out: Path, wire: WirePlan | None = None, book: Path | None = None) -> list[str]:
    """Write a day of ITCH, as a capture where `wire` says how, and its true book; what was written, in lines.

    Raises SettingsError for a date that is none, FeedError where a file cannot be written.
    """
    day = itch_day(plan)
    done = write_itch(day, out, wire)
    lines = [f"written to    {out}: {len(day.messages):,} messages of {plan.stocks} stocks on {plan.date}"]
    if done is not None:
        lost = sum(count for _, count in done.lost)
        lines.append(f"packets       {len(done.packets):,}; {lost:,} messages lost in {len(done.lost)} gaps")
        lines.append(f"repeated      {done.repeated:,} messages")
    if book is not None:
        write_book(day, book)
        lines.append(f"true book     {book}: {len(day.book):,} lines")
    return lines
