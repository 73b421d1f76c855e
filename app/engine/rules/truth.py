"""Whether a condition is true of a parent. A column without a value makes the whole undefined: nothing is guessed."""

from collections.abc import Mapping
from typing import Final

from app.engine.rules.tree import Both, Column, Comparison, Condition, Constant, Defined, Either, Flag, Node, Not

Value = float | str | bool | None
Row = Mapping[str, Value]

EVIDENCE: Final = frozenset(
    {"status", "e_value", "p_anytime", "epoch", "leak_bps", "leak_lo_bps", "leak_hi_bps", "leak_projected_bps"}
    | {"leak_ccy", "min_detectable_bps", "in_fdr_set", "n_scored", "n_void"}
)
_GREY: Final = frozenset({"GREY", "N/A", ""})


def true_of(condition: Condition, row: Row) -> bool | None:
    """True, false, or None: undefined, grey, or evidence that rests on less than every child seen (V1, V2)."""
    if why_not(condition, row):
        return None
    return _true(condition.node, row)


def why_not(condition: Condition, row: Row) -> str:
    """Why nothing can be said of this parent, in words; "" when something can."""
    asked = _asked_whether(condition.node)
    for name in condition.columns:
        if row.get(name) is None and name not in asked:
            return f"{name} is undefined"
    for light in ("level", "status"):
        if light in condition.columns and row.get(light) in _GREY:
            return f"{light} is {row.get(light) or 'grey'}"
    if EVIDENCE.intersection(condition.columns):
        if row.get("status") in _GREY or row.get("status") is None:
            return "evidence is grey"
        if row.get("visibility") != "V3":
            return f"evidence of visibility {row.get('visibility') or 'unknown'}: not every child was seen"
    return ""


def explained(condition: Condition, row: Row) -> str:
    """The values the condition looks at: name = value, in its order."""
    said = []
    for name in condition.columns:
        value = row.get(name)
        said.append(f"{name} = {value:.6g}" if isinstance(value, float) else f"{name} = {value}")
    return ", ".join(said)


def _asked_whether(node: Node) -> frozenset[str]:
    """Columns of which the condition asks whether they are defined: they may be undefined."""
    match node:
        case Defined():
            return frozenset({node.column.name})
        case Not():
            return _asked_whether(node.of)
        case Both() | Either():
            return frozenset().union(*(_asked_whether(part) for part in node.of))
        case _:
            return frozenset()


def _true(node: Node, row: Row) -> bool | None:
    match node:
        case Comparison():
            return _compared(node, row)
        case Defined():
            return (row.get(node.column.name) is not None) == node.wanted
        case Flag():
            value = row.get(node.column.name)
            return None if value is None else bool(value)
        case Not():
            inner = _true(node.of, row)
            return None if inner is None else not inner
        case Both() | Either():
            return _several(node, row)


def _several(node: Both | Either, row: Row) -> bool | None:
    """Kleene: one part decides, else an undefined part leaves the whole undefined."""
    decides = isinstance(node, Either)
    parts = [_true(part, row) for part in node.of]
    if decides in parts:
        return decides
    return None if None in parts else not decides


def _compared(node: Comparison, row: Row) -> bool | None:
    left, right = _of(node.left, row), _of(node.right, row)
    if left is None or right is None:
        return None
    match node.operator:
        case "==":
            return left == right
        case "!=":
            return left != right
        case _:
            return _ordered(node.operator, float(left), float(right))


def _ordered(operator: str, left: float, right: float) -> bool:
    return {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[operator]


def _of(operand: Column | Constant, row: Row) -> Value:
    if isinstance(operand, Constant):
        return operand.value
    value = row.get(operand.name)
    if operand.size and value is not None:
        return abs(float(value))
    return value
