"""The command line of the application."""

from app.cli.entry import main

__all__ = ["main"]
