"""Commands of the firm's plumbing: publish a day into topics, follow results that another engine writes there."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import typer

from app.cli.words import Format, Orders, Seed, SettingsFile, Speed, app, worded
from app.engine.errors import FeedError, SettingsError, complaint
from app.kernel_cache import use_kernel_cache
from app.settings import RESOURCES, load_settings

KAFKA: Final = "kafka"
KAFKA_PRESET: Final = RESOURCES / "presets" / "kafka.toml"
KDB: Final = "kdb"
KDB_PRESET: Final = RESOURCES / "presets" / "kdb.toml"
PRESETS: Final = {KAFKA: KAFKA_PRESET, KDB: KDB_PRESET}


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishWords:
    """What `publish` is told."""

    path: Annotated[Path, typer.Argument(metavar="SESSION", help="A recording, or a world by name or file.")]
    to: Annotated[str, typer.Option(help="kafka: topics of the settings that carry packed blocks; kdb: tables.")] = (
        KAFKA
    )
    format: Format = None
    orders: Orders = None
    seed: Seed = None
    agent: Annotated[bool, typer.Option(help="Of a world: with the one who sells ahead of our children.")] = True
    partitions: Annotated[int, typer.Option(min=1, max=1_000, help="Of topics that are made.")] = 1
    fresh: Annotated[bool, typer.Option("--fresh", help="Delete the topics and make them anew.")] = False
    speed: Speed = None
    settings: SettingsFile = None


@app.command()
def history(
    parent: Annotated[str, typer.Argument(help="The parent order's id.")],
    table: Annotated[str, typer.Option(help="scorecard, leakage or fills.")] = "scorecard",
    settings: SettingsFile = None,
) -> None:
    """What the kdb+ real-time store of the settings remembers of an order, line by line."""
    from app.feeds.kdb import history as store  # noqa: PLC0415 - pykx, for this command alone
    from app.feeds.kdb.connection import store_of  # noqa: PLC0415

    found = store.history(store_of(load_settings(settings).kdb), table, parent)
    lines = list(zip(*found.values(), strict=True))
    typer.echo("\t".join(found))
    for line in lines:
        typer.echo("\t".join("" if value is None else f"{value}" for value in line))
    if not lines:
        raise FeedError(f"the store has nothing of {parent!r} in {table}")


@app.command()
@worded(PublishWords)
def publish(words: PublishWords) -> None:
    """Send a recording or a world's day into Kafka topics or kdb+ tables, at once or at a speed."""
    if words.to not in PRESETS:
        raise SettingsError(complaint("--to", "place", words.to, " or ".join(PRESETS)))
    use_kernel_cache()
    from app.session import publish as session  # noqa: PLC0415 - worlds run on compiled kernels

    known = words.path.exists() and words.path.suffix != ".toml"  # which is a world in a file of its own
    sent = session.publish(
        session.PublishRequest(
            to=words.to,
            path=str(words.path) if known else None, world=None if known else str(words.path), seed=words.seed,
            agent=words.agent, format=words.format, orders=None if words.orders is None else str(words.orders),
            settings=str(words.settings or PRESETS[words.to]), partitions=words.partitions, fresh=words.fresh,
            speed=words.speed,
        )
    )  # fmt: skip
    if sent is not None:
        rows = f"{sent.market:,} market rows, {sent.orders:,} order rows in {sent.messages:,} messages"
        typer.echo(f"sent to       {', '.join(sent.topics)}: {rows}")
