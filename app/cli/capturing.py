"""Command `capture`: messages out of captured or live frames, into a session folder or a topic."""

import signal
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from app.cli.words import Date, SettingsFile, app, worded
from app.engine.errors import SettingsError, complaint
from app.kernel_cache import use_kernel_cache
from app.settings import load_settings

if TYPE_CHECKING:
    from app.session.capture_topic import TopicPublisher

_KINDS: Final = ("fix", "itch5")


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureWords:
    """What `capture` is told."""

    path: Annotated[Path | None, typer.Argument(metavar="[PATH]", help="A capture file: pcap or pcapng.")] = None
    interface: Annotated[str | None, typer.Option(help="A live interface instead (needs CAP_NET_RAW).")] = None
    kind: Annotated[str, typer.Option(help="What is cut out: fix (TCP), itch5 (MoldUDP64 or SoupBinTCP).")] = "fix"
    port: Annotated[list[int] | None, typer.Option(help="Only this port; may be given again.")] = None
    out: Annotated[Path | None, typer.Option(help="The session folder to write.")] = None
    topic: Annotated[str | None, typer.Option(help="A Kafka topic instead: each message as it was.")] = None
    source: Annotated[str | None, typer.Option(help="Logical name of the source instead of the feed's own.")] = None
    date: Date = None
    seconds: Annotated[float | None, typer.Option(min=0.1, help="Stop a live capture after this time.")] = None
    settings: SettingsFile = None


@app.command()
@worded(CaptureWords)
def capture(words: CaptureWords) -> None:
    """Cut FIX or ITCH out of a capture file or a live interface, with its ns stamps."""
    if words.kind not in _KINDS:
        raise SettingsError(complaint("--kind", "kind", words.kind, " or ".join(_KINDS)))
    use_kernel_cache()
    from app.session import capture as session  # noqa: PLC0415 - ITCH is decoded by compiled kernels

    publisher = _publisher(words) if words.topic is not None else None
    stop = threading.Event()
    before = signal.signal(signal.SIGINT, lambda _number, _frame: stop.set()) if words.interface else None
    try:
        done = session.capture(
            session.CaptureRequest(
                kind="itch5" if words.kind == "itch5" else "fix",
                path=None if words.path is None else str(words.path),
                interface=words.interface,
                out=None if words.out is None else str(words.out),
                ports=tuple(words.port or ()),
                source=words.source,
                date=words.date,
                seconds=words.seconds,
                settings=None if words.settings is None else str(words.settings),
            ),
            publisher,
            stop.is_set,
        )
    finally:
        if before is not None:
            signal.signal(signal.SIGINT, before)
    typer.echo(f"messages      {done.messages:,} of {', '.join(done.sources) or 'no source'}")
    if words.kind == "itch5":
        typer.echo(f"market rows   {done.rows:,}")
    for name, count in done.counts.items():
        typer.echo(f"{name.replace('_', ' '):<28} {count:,}")
    for note in done.notes:
        typer.echo(f"note          {note}")
    typer.echo(f"written to    {words.out or f'topic {words.topic}'}")


def _publisher(words: CaptureWords) -> "TopicPublisher":
    from app.session.capture_topic import TopicPublisher  # noqa: PLC0415 - Kafka's client, where it is asked for

    return TopicPublisher(load_settings(words.settings).kafka, words.topic or "")


@app.command()
def clock(
    files: Annotated[list[Path], typer.Argument(help="What ptp4l, phc2sys or `chronyc tracking` wrote.")],
    margin: Annotated[float, typer.Option(min=1, max=1_000, help="Of the budget over the worst error seen.")] = 3.0,
) -> None:
    """Say how good a clock was: its state, its worst error, and the budget that follows from it."""
    from app.feeds.health import events_of, worst_ns  # noqa: PLC0415

    for path in files:
        events = events_of(path)
        last, worst = events[-1], worst_ns(events)
        lost = sum(event.state != "locked" for event in events)
        typer.echo(f"{path.name}: {last.source} {last.state}, offset {last.offset_ns:,} ns +- {last.bound_ns:,}")
        typer.echo(f"  {len(events):,} statements, {lost:,} not locked, worst error {worst:,} ns")
        typer.echo(f"  budget {round(margin * worst):,} ns")
