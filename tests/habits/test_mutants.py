"""Each small change is made, everywhere in a function and nowhere else."""

import ast

import pytest

from scripts.mutants import Mutant, function_names, mutants, mutated, sample


def changed(body: str, signature: str = "def f(a, b):") -> list[str]:
    """The bodies that the mutants of a one-function source have, as text."""
    source = f"{signature}\n    {body}\n"
    return [ast.unparse(mutated(source, mutant.number).body[0]).partition("\n    ")[2] for mutant in mutants(source)]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("return a < b", ["return None", "return a <= b"]),
        ("return a <= b", ["return None", "return a < b"]),
        ("return a > b", ["return None", "return a >= b"]),
        ("return a >= b", ["return None", "return a > b"]),
        ("return a == b", ["return None", "return a != b"]),
        ("return a != b", ["return None", "return a == b"]),
        ("return a is b", ["return None", "return a is not b"]),
        ("return a not in b", ["return None", "return a in b"]),
        ("return a + b", ["return None", "return a - b"]),
        ("return a - b", ["return None", "return a + b"]),
        ("return a * b", ["return None", "return a // b"]),
        ("return a // b", ["return None", "return a * b"]),
        ("return a / b", ["return None", "return a * b"]),
        ("return a % b", ["return None", "return a // b"]),
        ("return a << b", ["return None", "return a >> b"]),
        ("return a & b", ["return None", "return a | b"]),
        ("return a ^ b", ["return None", "return a & b"]),
        ("return a and b", ["return None", "return a or b"]),
        ("return a or b", ["return None", "return a and b"]),
        ("return not a", ["return None", "return a"]),
        ("return -a", ["return None", "return a"]),
        ("return True", ["return None", "return False"]),
        ("return 7", ["return None", "return 6"]),
        ("return 0.5", ["return None", "return -0.5"]),
        ("a += b", ["a -= b"]),
        ("a -= b", ["a += b"]),
        ("a = b", ["a = None"]),
        ("a: int = b", ["a: int = None"]),
        ("a.append(b)", ["pass"]),
        ("return a if b else a", ["return None", "return a if not b else a"]),
    ],
)
def test_that_each_change_is_made(body: str, expected: list[str]) -> None:
    assert changed(body) == expected


def test_that_a_constant_goes_up_on_odd_lines_and_down_on_even_ones() -> None:
    source = "def f():\n    a(2)\n    b(2)\n"
    assert [m.what for m in mutants(source) if m.what.startswith("2")] == ["2 -> 1", "2 -> 3"]
    assert [m.what for m in mutants(source) if "dropped" in m.what] == ["call dropped", "call dropped"]


def test_that_every_comparison_of_a_chain_is_changed() -> None:
    assert changed("return a < b <= a")[1:] == ["return a <= b <= a", "return a < b < a"]


def test_that_a_condition_is_negated_and_its_parts_changed() -> None:
    source = "def f(a):\n    if a > 1:\n        return 2\n    return 3\n"
    assert [mutant.what for mutant in mutants(source)] == [
        "condition negated",
        "Gt -> GtE",
        "1 -> 0",
        "return None",
        "2 -> 3",
        "return None",
        "3 -> 2",
    ]


@pytest.mark.parametrize(
    "body",
    [
        '"""Words 1."""',
        "raise ValueError(a + 1)",
        "pass",
        "...",
        "return",
        "return None",
        "a = None",
        "a: int",
        "assert_never(a)",
    ],
)
def test_that_words_and_nothings_are_left_alone(body: str) -> None:
    assert changed(body) == []


@pytest.mark.parametrize("source", ["X = 1 + 1\n", "class C:\n    x: int = 3\n", "def f(a=1, *, b: 'int' = 2): pass\n"])
def test_that_code_outside_bodies_is_left_alone(source: str) -> None:
    assert mutants(source) == []


def test_that_methods_decorated_and_nested_functions_are_changed_too() -> None:
    source = (
        "class C:\n    @property\n    def two(self):\n        return 2\n"
        "@jit\ndef f():\n    def g():\n        return 3\n    return g\n"
        "if X:\n    async def h():\n        return 4\n"
    )
    assert {mutant.function for mutant in mutants(source)} == {"C.two", "f", "h"}
    assert len([mutant for mutant in mutants(source) if mutant.function == "f"]) == 3


def test_that_a_protocol_has_nothing_to_change() -> None:
    assert mutants("class C(Protocol):\n    def f(self):\n        return 2\n") == []
    assert function_names("class C(Protocol):\n    def f(self):\n        return 2\n") == []


def test_that_functions_that_do_nothing_are_not_asked_for_mutants() -> None:
    source = 'def f(): ...\ndef g():\n    """Words."""\ndef h():\n    """Words."""\n    return 1\ndef i(): pass\n'
    assert function_names(source) == ["h"]


def test_that_every_mutant_compiles_and_differs_from_the_source() -> None:
    source = "def f(a, b):\n    while a < b and not b == 3:\n        a += -1 if b else 2.5\n    return a\n"
    plain = ast.unparse(ast.parse(source))
    found = mutants(source)
    texts = [ast.unparse(mutated(source, mutant.number)) for mutant in found]
    assert plain not in texts
    assert len(set(texts)) == len(found) == 11
    for mutant in found:
        compile(mutated(source, mutant.number), "f.py", "exec")


def test_that_a_number_without_a_mutant_is_an_error() -> None:
    with pytest.raises(IndexError):
        mutated("def f(): pass\n", 0)


def test_that_a_sample_belongs_to_its_seed_and_spares_no_function() -> None:
    found = [Mutant(function, 1, number, "") for number, function in enumerate("aaaaaaaaaabbc")]
    first = sample(found, 3, seed=1)
    assert first == sample(found, 3, seed=1)
    assert [sum(mutant.function == name for mutant in first) for name in "abc"] == [3, 2, 1]
    assert len({tuple(sample(found, 3, seed)) for seed in range(5)}) > 1
    more = [*found, Mutant("d", 1, 99, "")]
    assert [mutant for mutant in sample(more, 3, seed=1) if mutant.function != "d"] == first
