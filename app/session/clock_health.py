"""What the engine is told of clocks: the settings' budgets, widened by what the clocks' own programs wrote."""

from pathlib import Path

import msgspec

from app.engine.config import EngineConfig
from app.feeds.health import budgets
from app.settings import Settings


def engine_config(settings: Settings, origin: str | None, *, book: bool) -> EngineConfig:
    """The engine's configuration; files of [health.files] are found from the settings file's folder.

    Raises FeedError where a file cannot be read or says nothing of a clock.
    """
    config = settings.engine(book=book)
    if not settings.health.files:
        return config
    folder = Path(origin).parent if origin else Path()
    files = {name: folder / file for name, file in settings.health.files.items()}
    return msgspec.structs.replace(
        config, clock_budget_ns=budgets(files, config.clock_budget_ns, settings.health.margin)
    )
