"""What clocks say reaches the engine's budgets."""

from pathlib import Path

import pytest

from app.engine.errors import FeedError
from app.session.clock_health import engine_config
from app.settings import load_settings


def settings_file(folder: Path, text: str) -> Path:
    path = folder / "mine.toml"
    path.write_text(text)
    return path


def test_that_without_files_the_budgets_are_those_of_the_settings() -> None:
    settings = load_settings()
    assert engine_config(settings, None, book=True) == settings.engine(book=True)


def test_that_a_clocks_worst_error_widens_the_budget_of_its_source(tmp_path: Path) -> None:
    (tmp_path / "ptp.log").write_text("ptp4l[1.0]: master offset -400 s2 freq 1\n")
    path = settings_file(
        tmp_path,
        "[clock.budget_ns]\nems = 100\ncme = 5000\n"
        '[health]\nmargin = 2\n[health.files]\nems = "ptp.log"\n"*" = "ptp.log"\n',
    )
    config = engine_config(load_settings(path), str(path), book=False)
    assert [config.budget_of(name) for name in ("ems", "cme", "other")] == [800, 5_000, 800]


def test_that_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = settings_file(tmp_path, '[health.files]\nems = "absent.log"\n')
    with pytest.raises(FeedError, match=r"absent\.log: cannot be read"):
        engine_config(load_settings(path), str(path), book=False)
