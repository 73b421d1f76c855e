"""The command line of the application."""

from collections.abc import Sequence
from typing import NoReturn


def main(words: Sequence[str] | None = None) -> NoReturn:
    """Run the command line."""
    from app.cli import entry  # noqa: PLC0415 - a window starts without it

    entry.main(words)
