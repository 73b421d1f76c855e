"""What a wheel carries: every folder of app and resources is a package: nothing is left behind or warned of."""

import tomllib
from pathlib import Path
from typing import Final

import pytest
from setuptools import find_namespace_packages  # type: ignore[import-untyped]

ROOT: Final = Path(__file__).resolve().parents[1]
FIND: Final = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]["packages"]["find"]


@pytest.mark.parametrize("top", ["app", "resources"])
def test_that_every_folder_with_files_travels_in_the_wheel(top: str) -> None:
    """A folder of resources that is no package is carried as data of another one: setuptools warns a page of each."""
    files = [path.relative_to(ROOT) for path in (ROOT / top).rglob("*") if path.is_file()]
    made = {"__pycache__", ".ruff_cache"}
    folders = {".".join(path.parent.parts) for path in files if not made & set(path.parts)}
    found = set(find_namespace_packages(str(ROOT), include=FIND["include"]))
    assert top in folders
    assert folders - found == set(), "a folder's name must be one that Python can import"


def test_that_nothing_beside_them_travels() -> None:
    found = find_namespace_packages(str(ROOT), include=FIND["include"])
    assert {name.partition(".")[0] for name in found} == {"app", "resources"}
