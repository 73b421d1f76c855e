"""The proofs: every long test is in one part, what passed is not run again, the table of lines names what exists."""

import ast
import re
from pathlib import Path

import pytest

from scripts.proofs import PROOFS, Part
from scripts.prove import Record, prove, state
from scripts.stages import Outcome, Stage

TEST = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")
PART = re.compile(r"`make prove-(\w+)` (\w[\w-]*)")


def names_in(path: Path) -> set[str]:
    return {
        node.name
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


@pytest.mark.parametrize("proof", PROOFS)
def test_that_every_long_test_is_in_exactly_one_part(proof: str, repository: Path) -> None:
    folder = repository / "tests" / f"prove_{proof}"
    every = [f"{path.name}::{name}" for path in sorted(folder.glob("test_*.py")) for name in sorted(names_in(path))]
    held = []
    for part in PROOFS[proof].values():
        for test in part.tests:
            path, _, name = test.partition("::")
            held += [test] if name else [f"{path}::{found}" for found in names_in(folder / path)]
    assert sorted(held) == sorted(every)


def test_that_every_folder_of_long_tests_is_a_proof(repository: Path) -> None:
    assert {path.name for path in (repository / "tests").glob("prove_*")} == {f"prove_{proof}" for proof in PROOFS}


def test_that_the_table_of_lines_names_tests_and_parts_that_exist(repository: Path) -> None:
    text = (repository / "docs" / "acceptance.md").read_text(encoding="utf-8")
    tests, parts = TEST.findall(text), PART.findall(text)
    assert len(tests) > 50
    assert [path for path, _ in tests if not (repository / path).is_file()] == []
    assert [f"{path}::{name}" for path, name in tests if name and name not in names_in(repository / path)] == []
    assert [f"{proof} {name}" for proof, name in parts if name not in PROOFS[proof]] == []
    named = {(proof, name) for proof, name in parts}
    assert [
        (proof, name) for proof in ("a1", "a2", "b", "c") for name in PROOFS[proof] if (proof, name) not in named
    ] == []


class Doings:
    """Parts that say that they were run and end as they are told."""

    def __init__(self) -> None:
        self.ran: list[str] = []
        self.ends = {"one": Outcome(passed=2), "two": Outcome(passed=1, failed=1)}

    def parts(self) -> dict[str, Part]:
        return {name: Part(work=lambda name=name: self.do(name)) for name in self.ends}  # type: ignore[misc]

    def do(self, name: str) -> Outcome:
        self.ran.append(name)
        return self.ends[name]


def test_that_a_proof_goes_on_where_it_was_and_forgets_what_passed_on_other_sources(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    doings, path = Doings(), tmp_path / "build" / "a.json"
    assert prove("a", doings.parts(), Record(path, "these")) == 1
    assert doings.ran == ["one", "two"]
    doings.ends["two"] = Outcome(passed=2)
    assert prove("a", doings.parts(), Record(path, "these")) == 0
    assert doings.ran == ["one", "two", "two"]
    said = capsys.readouterr().out
    assert "one (passed before)" in said
    assert said.endswith("4 passed, 0 failed, 0 skipped\n")
    assert prove("a", doings.parts(), Record(path, "these")) == 0
    assert len(doings.ran) == 3
    assert prove("a", doings.parts(), Record(path, "others")) == 0
    assert prove("a", doings.parts(), Record(path, "others"), again=True) == 0
    assert doings.ran[3:] == ["one", "two"] * 2


@pytest.mark.parametrize("outcome", [Outcome(), Outcome(passed=1, skipped=1), Outcome(passed=3, failed=1)])
def test_that_only_what_passed_whole_is_kept(outcome: Outcome, tmp_path: Path) -> None:
    record = Record(tmp_path / "a.json", "these")
    record.keep("part", Stage("part", Outcome(passed=1), 1.5))
    assert Record(tmp_path / "a.json", "these").find("part") == Stage("part (passed before)", Outcome(passed=1), 1.5)
    record.keep("part", Stage("part", outcome, 1.5))
    assert Record(tmp_path / "a.json", "these").find("part") is None


def test_that_any_change_of_a_source_counts(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    source = tmp_path / "app" / "a.py"
    states = set()
    for text in ("a = 1\n", "a = 2\n"):
        source.write_text(text, encoding="utf-8")
        states.add(state(tmp_path))
    source.rename(tmp_path / "app" / "b.py")
    states.add(state(tmp_path))
    assert len(states) == 3
    (tmp_path / "app" / "__pycache__").mkdir()
    (tmp_path / "app" / "__pycache__" / "b.pyc").write_bytes(b"x")
    (tmp_path / "build").mkdir()
    assert state(tmp_path) in states
