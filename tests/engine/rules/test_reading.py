"""The grammar: what is understood, and every refusal with its place, word and what is allowed."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from app.engine.errors import SettingsError
from app.engine.rules.columns import VOCABULARY
from app.engine.rules.reading import MOST_CHARACTERS, MOST_DEPTH, condition_of
from app.engine.rules.tree import Both, Column, Comparison, Condition, Constant, Defined, Either, Flag, Node, Not
from app.engine.units import SECOND


def read(text: str) -> Condition:
    return condition_of(text, VOCABULARY, "rule leak")


LEVEL = Comparison(Column("level", "text"), "==", Constant("RED", "text"))
Z = Comparison(Column("cost_z", "number"), ">=", Constant(3.0, "number"))
SET = Flag(Column("in_fdr_set", "flag"))


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ('level == "RED"', LEVEL),
        ('(level == "RED")', LEVEL),
        ('level == "RED" and cost_z >= 3 and in_fdr_set', Both((LEVEL, Z, SET))),
        ('level == "RED" or cost_z >= 3 and in_fdr_set', Either((LEVEL, Both((Z, SET))))),
        ('(level == "RED" or cost_z >= 3) and in_fdr_set', Both((Either((LEVEL, Z)), SET))),
        ('not level == "RED" and cost_z >= 3', Both((Not(LEVEL), Z))),
        ("not not in_fdr_set", Not(Not(SET))),
        ("leak_bps is defined", Defined(Column("leak_bps", "number"), True)),
        ("leak_bps is not defined", Defined(Column("leak_bps", "number"), False)),
        ("abs(cost_z) < 1.5", Comparison(Column("cost_z", "number", True), "<", Constant(1.5, "number"))),
        ("-2 > cost_z", Comparison(Constant(-2.0, "number"), ">", Column("cost_z", "number"))),
        (
            "is_bps > expected_cost_bps",
            Comparison(Column("is_bps", "number"), ">", Column("expected_cost_bps", "number")),
        ),
        ("in_fdr_set == false", Comparison(Column("in_fdr_set", "flag"), "==", Constant(False, "flag"))),
        ('instrument != "TECH"', Comparison(Column("instrument", "text"), "!=", Constant("TECH", "text"))),
    ],
)
def test_that_a_text_is_its_tree(text: str, node: Node) -> None:
    assert read(text).node == node


@pytest.mark.parametrize(
    ("text", "hold"),
    [("in_fdr_set", 0), ("in_fdr_set for 30 s", 30 * SECOND), ("in_fdr_set for 1.5 min", 90 * SECOND),
     ("in_fdr_set for 250 ms", SECOND // 4), ("in_fdr_set for 1 h", 3_600 * SECOND)],
)  # fmt: skip
def test_that_a_condition_may_have_to_hold(text: str, hold: int) -> None:
    assert read(text).hold_ns == hold


def test_that_the_columns_looked_at_are_known_once_each_in_order() -> None:
    assert read('cost_z > 1 and level == "RED" and cost_z < 9').columns == ("cost_z", "level")


@pytest.mark.parametrize(
    ("text", "at", "word", "allowed"),
    [
        ("", 1, "the end", "a column ("),
        ("levle == 1", 1, "levle", "a column ("),
        ('level == "REDD"', 10, '"REDD"', 'one of "QUIET", "GREEN", "AMBER", "RED"'),
        ('"REDD" != level', 1, '"REDD"', 'one of "QUIET"'),
        ("level == 3", 10, "3", "a text, as level is one"),
        ("cost_z", 7, "the end", "== != < <= > >="),
        ('level > "RED"', 7, ">", "== or !=: level is a text"),
        ("1 == 1", 6, "1", "a column on one side at least"),
        ("cost_z == 1 cost_z", 13, "cost_z", "and, or, for, or the end"),
        ("(cost_z == 1", 13, "the end", ")"),
        ("cost_z is 1", 11, "1", "defined"),
        ("abs(level) > 1", 5, "level", "a column of numbers"),
        ("abs cost_z > 1", 5, "cost_z", "("),
        ("cost_z == 1 for", 16, "the end", "a number, as in: for 30 s"),
        ("cost_z == 1 for 5", 18, "the end", "ms, s, min or h"),
        ("cost_z == 1 for 5 days", 19, "days", "ms, s, min or h"),
        ("cost_z == 1 for -5 s", 17, "-5", "0 or more"),
        ("cost_z = 1", 8, "=", "words, numbers"),
        ("cost_z > __import__", 10, "__import__", "a column ("),
        ('level == "RED', 10, '"', "words, numbers"),
        ("and", 1, "and", "a column ("),
    ],
)
def test_that_what_is_not_understood_is_refused_with_its_place(text: str, at: int, word: str, allowed: str) -> None:
    with pytest.raises(SettingsError) as told:
        read(text)
    assert str(told.value).startswith(
        f"rule leak at character {at}: condition = {word!r} is not allowed; allowed: {allowed}"
    )


def test_that_a_text_without_end_or_bottom_is_refused() -> None:
    with pytest.raises(SettingsError, match="at most 2000 characters"):
        read(" " * (MOST_CHARACTERS + 1))
    with pytest.raises(SettingsError, match=f"at most {MOST_DEPTH} inside each other"):
        read("(" * (MOST_DEPTH + 1) + "in_fdr_set" + ")" * (MOST_DEPTH + 1))


@given(some.text(max_size=60))
def test_that_any_text_is_a_condition_or_a_complaint(text: str) -> None:
    try:
        said = read(text).text
    except SettingsError as error:
        said = str(error)
    assert said


def text_of(node: Node) -> str:
    """A tree written down again."""
    match node:
        case Comparison():
            return f"{operand(node.left)} {node.operator} {operand(node.right)}"
        case Defined():
            return f"{node.column.name} is {'' if node.wanted else 'not '}defined"
        case Flag():
            return node.column.name
        case Not():
            return f"not ({text_of(node.of)})"
        case Both():
            return " and ".join(f"({text_of(part)})" for part in node.of)
        case Either():
            return " or ".join(f"({text_of(part)})" for part in node.of)


def operand(part: Column | Constant) -> str:
    if isinstance(part, Column):
        return f"abs({part.name})" if part.size else part.name
    if part.kind == "text":
        return f'"{part.value}"'
    return str(part.value).lower() if part.kind == "flag" else f"{part.value:.3f}"


NUMBER = some.builds(Column, some.sampled_from(["cost_z", "is_bps", "order_qty"]), some.just("number"), some.booleans())
AMOUNT = some.builds(Constant, some.integers(-(10**6), 10**6).map(lambda n: n / 8), some.just("number"))
LEAF = some.one_of(
    some.builds(Comparison, NUMBER, some.sampled_from(["==", "!=", "<", "<=", ">", ">="]), some.one_of(AMOUNT, NUMBER)),
    some.builds(Defined, some.builds(Column, some.just("leak_bps"), some.just("number")), some.booleans()),
    some.just(SET),
    some.just(LEVEL),
)
TREES = some.recursive(
    LEAF,
    lambda inner: some.one_of(
        some.builds(Not, inner),
        some.builds(Both, some.lists(inner, min_size=2, max_size=3).map(tuple)),
        some.builds(Either, some.lists(inner, min_size=2, max_size=3).map(tuple)),
    ),
    max_leaves=6,
)


@given(TREES)
def test_that_a_tree_written_down_is_read_as_itself(node: Node) -> None:
    assert read(text_of(node)).node == node
