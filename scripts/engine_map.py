"""Which test files are an engine file's own: tests/engine mirrors app/engine."""

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
ENGINE: Final = ROOT / "app" / "engine"
TESTS: Final = ROOT / "tests" / "engine"


def engine_files() -> list[Path]:
    """Every source of the engine."""
    return sorted(ENGINE.rglob("*.py"))


def own_tests(source: Path) -> list[Path]:
    """The test files of an engine file: test_<name>.py and test_<name>_*.py in the mirrored folder.

    A package's __init__.py belongs to all tests of the package. Empty = there are none.
    """
    folder = TESTS / source.relative_to(ENGINE).parent
    if source.name == "__init__.py":
        return sorted(folder.rglob("test_*.py"))
    stem = source.stem.strip("_")
    siblings = {path.stem.strip("_") for path in source.parent.glob("*.py")}
    found = []
    for path in sorted(folder.glob(f"test_{stem}*.py")):
        tested = path.stem.removeprefix("test_")
        longer = {name for name in siblings if name != stem and (tested == name or tested.startswith(f"{name}_"))}
        if (tested == stem or tested.startswith(f"{stem}_")) and not any(len(name) > len(stem) for name in longer):
            found.append(path)
    return found


def relative(path: Path) -> str:
    """The path as it is written in lists and reports."""
    return path.relative_to(ROOT).as_posix()
