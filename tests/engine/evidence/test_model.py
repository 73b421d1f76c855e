"""The model: what it must contain, what it refuses and how it says so, its bytes and its hash."""

from typing import Any

import msgspec
import numpy as np
import pytest

from app.engine.errors import SettingsError
from app.engine.evidence.model import ANY, NUMBERS, Kernel, Model, load_model
from app.engine.evidence.rows import WORLDS
from tests.engine.evidence.made import KERNEL, model


def test_that_a_model_comes_back_from_its_bytes_as_it_was() -> None:
    made = model(kernels={ANY: KERNEL, "TECH": Kernel(g=(1, 2, 3, 4), signs=(0, 0, 0), size=100.0)}, null=0.6)
    again = load_model(made.save())
    assert (again.hash, again.name, again.kernels, again.numbers) == (made.hash, "made", made.kernels, made.numbers)
    assert again.kernel("TECH").size == 100.0
    assert again.kernel("OTHER") == KERNEL
    for mine, theirs in zip(made.tables, again.tables, strict=True):
        assert mine.tolist() == theirs.tolist()
    assert again.save() == made.save()


def test_that_other_content_has_another_hash() -> None:
    noise = np.array([0.07, 0.3, 0.71])
    made = [model(), model(noise=noise), model(null=0.5), model().changed("other"), model().changed(null=0.5)]
    assert len({one.hash for one in made}) == 4
    assert made[2].hash == made[4].hash
    assert model().changed(kernels={ANY: Kernel(g=(0, 0, 0, 0), signs=(0, 0, 0))}).hash != made[0].hash


def test_that_what_is_not_said_has_its_default() -> None:
    assert model().numbers == {name: default for name, (default, _, _) in NUMBERS.items()}


def test_that_nobody_changes_a_model_in_place() -> None:
    made = model()
    with pytest.raises(ValueError, match="read-only"):
        made.tables.means[0, 0, 0] = 2.0


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"noise": np.zeros(3)}, "made: noise = 0.0 is not allowed; allowed: 1e-09 to 1e\\+06"),
        ({"noise": np.ones(4)}, "made: noise = \\(4,\\) is not allowed; allowed: shape \\(3,\\)"),
        ({"noise": np.ones((3, 1))}, "made: noise = \\(3, 1\\) is not allowed"),
        ({"estimates": np.zeros(0)}, "made: estimates = \\(0,\\) is not allowed"),
        ({"means": np.full((1080, 5, 24), np.nan)}, "made: means = nan is not allowed"),
        ({"weights": np.full(WORLDS, 0.5)}, "made: weights = 60.0 is not allowed; allowed: a total of 1"),
        ({"lower": np.zeros(2)}, "made: estimates = 3 is not allowed; allowed: as many as lower, upper"),
        ({"edges_rate": np.array([0.9, 0.5])}, "made: edges_rate = \\[0.9, 0.5\\] is not allowed; allowed: rising"),
        ({"null": 1.5}, "made: null = 1.5 is not allowed; allowed: 0.01 to 0.99"),
        ({"nil": 1.5}, "made: nil = 'nil' is not allowed; allowed: a field of an evidence model"),
        ({"kernels": {"TECH": KERNEL}}, "made: kernels = \\['TECH'\\] is not allowed; allowed: one for '\\*'"),
        ({"kernels": {ANY: Kernel(g=(0, 0, 0, np.inf), signs=(0, 0, 0))}}, "made: kernels.\\* = "),
        ({"kernels": {ANY: Kernel(g=(0, 0, 0, 0), signs=(0, 0, 0), size=-1.0)}}, "finite numbers, size >= 0"),
    ],
    ids=lambda value: value if isinstance(value, str) else next(iter(value)),
)
def test_that_a_wrong_model_is_refused_by_field_value_and_what_is_allowed(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        model(**changes)


def test_that_a_missing_array_is_named() -> None:
    with pytest.raises(SettingsError, match="short: laws = None is not allowed; allowed: an array"):
        Model("short", {ANY: KERNEL}, {}, {})


def digest(packed: bytes) -> bytes:
    import hashlib

    return hashlib.sha256(packed).digest() + packed


def test_that_bytes_that_are_no_model_are_refused_with_their_place() -> None:
    saved = model().save()
    with pytest.raises(SettingsError, match="here: its bytes are damaged"):
        load_model(saved[:-1], "here")
    with pytest.raises(SettingsError, match="here: "):
        load_model(digest(b"\x81"), "here")
    content = msgspec.msgpack.decode(saved[32:])
    with pytest.raises(SettingsError, match="here: version = 9 is not allowed; allowed: 3"):
        load_model(digest(msgspec.msgpack.encode(content | {"version": 9})), "here")
    content["arrays"]["noise"]["shape"] = [7]
    with pytest.raises(SettingsError, match="here: noise = \\(7,\\) is not allowed; allowed: a shape of 3 values"):
        load_model(digest(msgspec.msgpack.encode(content)), "here")
