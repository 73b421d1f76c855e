"""The locks hold hashes and no addresses, and the same numpy and Numba for every Python."""

from pathlib import Path

import pytest

from scripts import lock

GOOD = """# words
numba==1.0 \\
    --hash=sha256:aa
llvmlite==2.0 \\
    --hash=sha256:bb
numpy==3.0 \\
    --hash=sha256:cc
"""


def test_that_the_locks_of_the_project_are_sound() -> None:
    texts = {python: lock.lock_file(python).read_text(encoding="utf-8") for python in lock.PYTHONS}
    assert lock.faults(texts) == []


def test_that_every_range_of_the_project_file_holds_its_lock(repository: Path) -> None:
    import tomllib

    from packaging.requirements import Requirement

    project = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    wanted += project["optional-dependencies"]["research"]
    for python in lock.PYTHONS:
        pins = lock.pins(lock.lock_file(python).read_text(encoding="utf-8"))
        for text in wanted:
            requirement = Requirement(text)
            name = requirement.name.lower().replace("_", "-")
            assert requirement.specifier.contains(pins[name]), f"{python}: {text} against {pins[name]}: run make lock"


def test_that_a_sound_set_has_no_faults() -> None:
    assert lock.faults({"3.11": GOOD, "3.12": GOOD}) == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("--index" + "-url https://x/simple\n" + GOOD, "py3.11: holds an address"),
        (GOOD + "x @ https://x/x.whl --hash=sha256:dd\n", "py3.11: holds an address"),
        (GOOD + "PySide6==6.11.3 \\\n    --hash=sha256:dd\n", "py3.11: pyside6 must not be locked"),
        (GOOD + "quickfix==1.16.0 \\\n    --hash=sha256:dd\n", "py3.11: quickfix must not be locked"),
        (GOOD + "rich==15.0\n", "py3.11: no hash for rich==15.0"),
        (GOOD.replace("numpy", "nympu"), "py3.11: numpy is not locked"),
    ],
)
def test_that_a_fault_is_named(text: str, fault: str) -> None:
    assert fault in lock.faults({"3.11": text})


def test_that_numpy_may_not_differ_between_pythons() -> None:
    other = GOOD.replace("numpy==3.0", "numpy==3.1")
    assert lock.faults({"3.11": GOOD, "3.12": other}) == ["numpy differs between the locks: ['3.0', '3.1']"]


def test_that_names_are_compared_as_the_index_does() -> None:
    assert lock.pins("PySide6_Essentials==6.11.3 \\\n") == {"pyside6-essentials": "6.11.3"}
