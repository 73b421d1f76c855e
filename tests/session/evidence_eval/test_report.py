"""The page: every table there, figures with errors, nothing claimed where nothing was seen."""

from app.session.evidence_eval.line import Evaluation
from app.session.evidence_eval.record import Judged
from app.session.evidence_eval.report import Made, report
from tests.session.evidence_eval.parents import MODEL, leaking, parent
from tests.session.evidence_eval.test_sizes import group

CELLS = {
    "base_0": [parent(n, sup_e=25.0 if n == 0 else 1.0) for n in range(60)],
    "base_4": [leaking(n) for n in range(8)],
    "tenth_8": [leaking(n) for n in range(2)] + [parent(n) for n in range(8)],
}


def page(cells: dict[str, list[Judged]]) -> str:
    """The report of some cells."""
    made = Made("test", dict.fromkeys(cells, (2_000_000, 2_000_007)), "2026-11-20")
    return report(Evaluation(cells, MODEL, {"forty_base_4": [group()]} if cells else {}), made)


def test_that_it_says_what_it_was_made_with() -> None:
    said = page(CELLS)
    assert "--split test" in said
    assert MODEL.hash in said
    assert "2026-11-20" in said
    assert "78 parents" in said
    assert "2,000,000 to 2,000,007" in said


def test_that_every_table_is_whole() -> None:
    said = page(CELLS)
    for title in (
        "What must hold",
        "Telling a leak",
        "False alarms",
        "False discoveries",
        "Colours",
        "Sizes",
        "Groups",
        "Seeds",
    ):
        assert f"## {title}" in said
    tables = [block for block in said.split("\n\n") if block.startswith("|")]
    assert len(tables) == 8
    for table in tables:
        assert len({line.count("|") for line in table.splitlines()}) == 1, table


def test_that_figures_have_their_errors_and_lines_their_verdict() -> None:
    said = page(CELLS)
    assert "| base_0 | 0.017 (1 of 60) | 0.017 ± 0.020 | 0.077 |" in said
    assert "| auc | AUC base_4 | 1.000 ± 0.000 (n 68) | ≥ 0.97 | 0.985 | yes |" in said
    assert "**no**" in said
    assert "not evaluated" in said


def test_that_a_page_of_nothing_claims_nothing() -> None:
    said = page({})
    assert "0 of 0 lines hold" in said
    assert " yes |" not in said
