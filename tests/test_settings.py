"""Settings: one list of keys, three places they may come from, one sentence when they are wrong."""

import tomllib
from pathlib import Path

import msgspec
import pytest

from app.engine.config import EngineConfig
from app.engine.errors import SettingsError
from app.engine.switch.guard import Limits
from app.engine.units import HORIZON_NAMES, SECOND
from app.settings import DEFAULTS, Settings, load_settings
from tests.engine.evidence.made import model


def from_text(tmp_path: Path, text: str, environment: dict[str, str] | None = None) -> Settings:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    return load_settings(path, environment or {})


def test_that_the_shipped_file_holds_every_key_and_the_engines_own_defaults() -> None:
    settings = load_settings(None, {})
    assert msgspec.structs.replace(settings.engine(book=False), evidence=None) == EngineConfig()
    assert settings.horizons == HORIZON_NAMES
    assert settings.limits == Limits()
    assert set(tomllib.loads(DEFAULTS.read_text())["limits"]) == set(Limits.__struct_fields__)


def test_that_the_users_file_overrides_single_keys(tmp_path: Path) -> None:
    settings = from_text(tmp_path, '[level]\nmode = "bps"\n[level.bps]\nred = 6\n[clock.budget_ns]\nXNAS = 1000\n')
    config = settings.engine(book=True)
    assert (config.level_mode, config.bps_red, config.bps_amber) == ("bps", 6.0, 2.0)
    assert (config.budget_of("XNAS"), config.budget_of("XNYS")) == (1000, 0)
    assert config.book


def test_that_every_setting_of_the_engine_can_be_set(tmp_path: Path) -> None:
    text = """
    [level]
    mode = "bps"
    [level.z]
    amber = 1
    red = 1.5
    [level.bps]
    quiet = 1
    amber = 3
    red = 5
    leave = 0.5
    dwell_s = 2.5
    [ring]
    seconds = 60
    rows = 1000
    [cost]
    model = "istar"
    [clock.budget_ns]
    A = 5
    """
    (tmp_path / "ours.model").write_bytes(model().save())
    text += f"[evidence]\nmodel = '{tmp_path / 'ours.model'}'\n"
    config = from_text(tmp_path, text).engine(book=True)
    plain = EngineConfig()
    for field in msgspec.structs.fields(EngineConfig):
        assert getattr(config, field.name) != getattr(plain, field.name), field.name
    assert (config.dwell_ns, config.ring_ns) == (5 * SECOND // 2, 60 * SECOND)


def test_that_the_environment_comes_last(tmp_path: Path) -> None:
    environment = {"SCORECARD_RING_ROWS": "77", "SCORECARD_LEVEL_MODE": "bps", "PATH": "/bin"}
    settings = from_text(tmp_path, "[ring]\nrows = 5\n", environment)
    assert (settings.ring.rows, settings.level.mode) == (77, "bps")


def test_that_where_things_lie_is_no_setting() -> None:
    assert load_settings(None, {"SCORECARD_KERNEL_CACHE": "elsewhere"}).hash() == load_settings(None, {}).hash()


def test_that_a_desk_sets_its_own_limits(tmp_path: Path) -> None:
    text = '[limits]\nwarn_qty = 10\nhard_qty = 20\nusers = ["ann"]\n'
    limits = from_text(tmp_path, text, {"SCORECARD_LIMITS_COLLAR_BPS": "50"}).limits
    assert (limits.warn_qty, limits.hard_qty, limits.users, limits.collar_bps) == (10, 20, ("ann",), 50)
    assert limits.per_order_day == Limits().per_order_day


def test_that_the_hash_follows_the_values_and_not_their_origin(tmp_path: Path) -> None:
    plain = load_settings(None, {})
    assert from_text(tmp_path, f"[ring]\nrows = {plain.ring.rows}\n").hash() == plain.hash()
    assert from_text(tmp_path, f"[ring]\nrows = {plain.ring.rows + 1}\n").hash() != plain.hash()


def test_that_the_fix_table_is_passed_on_as_it_is(tmp_path: Path) -> None:
    settings = from_text(tmp_path, '[fix.session.BANK]\nsender = "A"\nparent = [{ tag = 5001 }]\n')
    assert settings.fix == {"session": {"BANK": {"sender": "A", "parent": [{"tag": 5001}]}}}


def test_that_settings_are_frozen() -> None:
    with pytest.raises(AttributeError):
        load_settings(None, {}).ring.rows = 3  # type: ignore[misc]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[level]\nmode = "colour"', ["level.mode", "'colour'", "z or bps"]),
        ('[cost]\nmodel = "guess"', ["cost.model", "'guess'", "almgren or square_root or istar"]),
        ('[level.bps]\namber = "two"', ["level.bps.amber", "'two'", "float"]),
        ("[level.bps]\nambr = 2", ["level.bps.ambr", "2", "quiet, amber, red, leave, dwell_s"]),
        ("[levels]\nmode = 1", ["levels", "horizons, level, ring"]),
        ("level = 3", ["level = 3", "a table"]),
        ("[ring]\nrows = 0", ["ring.rows", "0", ">= 1"]),
        ("[ring]\nseconds = nan", ["ring.seconds", "nan", "> 0"]),
        ("[ring]\nseconds = inf", ["ring.seconds", "inf", "<="]),
        ("[ring]\nseconds = true", ["ring.seconds", "True", "float"]),
        ("[clock.budget_ns]\nX = -1", ["clock.budget_ns", "-1", ">= 0"]),
        ('horizons = ["1s"]', ["horizons", "['1s']", "1ms"]),
        ("horizons = [1]", ["horizons", "[1]", "str"]),
        ("[level.z]\nred = 1", ["level.z.red", "1", "more than level.z.amber = 2.0"]),
        ("[level.bps]\nquiet = 3", ["level.bps.amber", "2.0", "more than level.bps.quiet = 3.0"]),
        ("[level.bps]\nred = 2", ["level.bps.red", "2", "more than level.bps.amber"]),
        ("[level.bps]\nleave = 1.5", ["level.bps.leave", "1.5", "<= 1"]),
        ("[playback]\nframe_ms = 1", ["playback.frame_ms", "1", ">= 5"]),
        ("[limits]\nhard_qty = 10", ["limits.hard_qty", "10", "at least limits.warn_qty = 1e+06"]),
        ("[limits]\nwarn_notional = 1e9", ["limits.hard_notional", "at least limits.warn_notional = 1e+09"]),
        ("[limits]\nhard_adv_pct = 1", ["limits.hard_adv_pct", "at least limits.warn_adv_pct = 25"]),
        ("[limits]\ncollar_bps = 0", ["limits.collar_bps", "0", "> 0"]),
        ("[limits]\nper_order_day = 0", ["limits.per_order_day", "0", ">= 1"]),
        ('[limits]\nusers = "me"', ["limits.users", "'me'"]),
        ("[limits]\nhard_quantity = 5", ["limits.hard_quantity", "5", "warn_qty, hard_qty"]),
        ("[ring\nrows = 1", ["not TOML", "line 1"]),
    ],
)
def test_that_a_wrong_setting_names_file_key_value_and_what_is_allowed(
    tmp_path: Path, text: str, words: list[str]
) -> None:
    with pytest.raises(SettingsError) as caught:
        from_text(tmp_path, text)
    sentence = str(caught.value)
    assert sentence.startswith(str(tmp_path / "mine.toml"))
    assert "\n" not in sentence
    for word in words:
        assert word in sentence


def test_that_a_wrong_environment_names_its_variable(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"environment SCORECARD_RING_ROWS: ring\.rows = 'many'"):
        load_settings(None, {"SCORECARD_RING_ROWS": "many"})
    with pytest.raises(SettingsError, match=r"environment: SCORECARD_RING_ROW = '5'.*SCORECARD_RING_ROWS"):
        load_settings(None, {"SCORECARD_RING_ROW": "5"})
    with pytest.raises(SettingsError, match=r"ring = 5"):
        from_text(tmp_path, "ring = 5", {"SCORECARD_RING_ROWS": "5"})


def test_that_settings_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"none\.toml: the settings file cannot be read: No such file"):
        load_settings(tmp_path / "none.toml", {})
    with pytest.raises(SettingsError, match="cannot be read: Is a directory"):
        load_settings(tmp_path, {})
    (tmp_path / "latin.toml").write_bytes(b"# caf\xe9\n")
    with pytest.raises(SettingsError, match=r"offset 5.*not UTF-8"):
        load_settings(tmp_path / "latin.toml", {})


def test_that_every_key_of_the_shipped_file_is_explained() -> None:
    text = DEFAULTS.read_text()
    for section in tomllib.loads(text):
        lines = [line for line in text.splitlines() if line.startswith((f"[{section}", f"{section} ="))]
        assert lines, section
    assert text.count("#") >= 15
