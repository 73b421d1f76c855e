"""What the commands share: the application, dataclasses as arguments, common options, where a screen is."""

import inspect
import os
import sys
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any, Final, TypeAlias, TypeVar

import typer

HIDDEN: Final = frozenset({"offscreen", "minimal"})  # Qt platforms on which nobody sees a window

Words = TypeVar("Words")
Source: TypeAlias = Annotated[Path, typer.Argument(metavar="PATH", help="A recording: a file or a folder.")]
Format: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--format", help="session, lobster, dbn, itch5, binance, fixlog, archive, journal; guessed where not given."
    ),
]
Orders: TypeAlias = Annotated[Path | None, typer.Option(help="Own order rows from a file beside: Parquet, or raw FIX.")]
SettingsFile: TypeAlias = Annotated[Path | None, typer.Option(help="A TOML file over the shipped defaults.")]
Date: TypeAlias = Annotated[
    str | None,
    typer.Option(help="The day of a recording that does not carry it, YYYY-MM-DD (lobster, itch5); of an archive."),
]
Speed: TypeAlias = Annotated[
    float | None, typer.Option(min=0.001, help="Event seconds per second; flat out where not given.")
]
World: TypeAlias = Annotated[str, typer.Argument(help="A world of the simulator: a name, or a TOML file.")]
Seed: TypeAlias = Annotated[int | None, typer.Option(help="Another market of the same story.")]

app = typer.Typer(
    help="Execution monitoring that tells the cost of volatility from the cost of our own signals.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def worded(words: type[Words]) -> Callable[[Callable[[Words], None]], Callable[..., None]]:
    """Give a command the fields of a dataclass as its arguments and options; it gets them as one object."""

    def bind(command: Callable[[Words], None]) -> Callable[..., None]:
        def run(**given: Any) -> None:
            command(words(**given))

        run.__name__, run.__doc__ = command.__name__, command.__doc__
        run.__annotations__ = {field.name: field.type for field in fields(words)}  # type: ignore[arg-type]
        run.__signature__ = inspect.signature(words).replace(return_annotation=None)  # type: ignore[attr-defined]
        return run

    return bind


def has_screen() -> bool:
    """True where somebody can see a window."""
    if os.environ.get("QT_QPA_PLATFORM", "").partition(":")[0] in HIDDEN:
        return False
    return not sys.platform.startswith("linux") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
