"""A broker from his profile and his FIXatdl file: strategies, bounds and rules that the guard keeps at send time."""

from pathlib import Path

import msgspec
import pytest

from app.control.brokers import CHECK, Broker, moment_of, parameter_of, read_broker
from app.engine.errors import DecodeError, FeedError, SettingsError
from app.engine.switch.profile import parameter_fault
from app.engine.units import SECOND
from app.feeds.atdl import AlgoStrategy
from app.feeds.atdl.model import AlgoParameter
from tests.feeds.atdl.files import strategy, text_of

PARAMETERS = (
    '<Parameter name="Pct" xsi:type="Percentage_t" fixTag="9001" minValue=".01" maxValue=".5" multiplyBy100="true"/>'
    '<Parameter name="Style" xsi:type="Char_t" fixTag="9002"><EnumPair enumID="Slow" wireValue="1"/></Parameter>'
    '<Parameter name="Kind" xsi:type="Int_t" fixTag="9003" constValue="7"/>'
)
RULE = (
    '<val:StrategyEdit errorMessage="slow needs a rate"><val:Edit logicOperator="OR">'
    '<val:Edit field="Style" operator="NX"/>'
    '<val:Edit field="Pct" operator="EX"/></val:Edit></val:StrategyEdit>'
)
NOW = 1_795_000_000 * SECOND


def written(folder: Path, toml: str, xml: bytes | None = None) -> Path:
    """A profile and the file beside it."""
    (folder / "broker.xml").write_bytes(text_of(strategy(PARAMETERS, "", RULE)) if xml is None else xml)
    path = folder / "broker.toml"
    path.write_text('name = "b"\n' + toml, "utf-8")
    return path


@pytest.fixture
def broker(tmp_path: Path) -> Broker:
    return read_broker(written(tmp_path, 'fixatdl = "broker.xml"\nzone = "America/New_York"\n'))


def test_that_the_files_strategies_are_those_of_the_profile(broker: Broker) -> None:
    profile = broker.profile
    assert (profile.strategy_tag, profile.mode, list(profile.strategies)) == (847, "cancel_new", ["A"])
    told = profile.strategies["A"].parameters
    assert (told["Pct"].kind, told["Pct"].low, told["Pct"].high, told["Pct"].tag) == ("float", 1.0, 50.0, 9001)
    assert (told["Style"].choices, told["Kind"].default) == ({"1": "Slow"}, "7")


def test_that_a_strategy_comes_back_whole_over_the_line(broker: Broker) -> None:
    assert broker.algos is not None
    one = broker.algos.strategies[0]
    assert msgspec.json.decode(msgspec.json.encode(one), type=AlgoStrategy) == one


@pytest.mark.parametrize(
    ("params", "verdict", "words"),
    [
        ({"Pct": "25", "Style": "1"}, "pass", "Algo A: as broker.xml has them"),
        ({"Style": "1"}, "fail", "slow needs a rate"),
        ({"Pct": "60"}, "fail", "Pct = '60' is not allowed; allowed: at most 50"),
        ({"Kind": "8"}, "fail", "Kind = '8' is not allowed; allowed: its constant value"),
    ],
)
def test_that_the_guard_has_a_line_on_the_files_rules(
    broker: Broker, params: dict[str, str], verdict: str, words: str
) -> None:
    check = broker.check("A", params, {54: "1"}, NOW)
    assert check is not None
    assert (check.name, check.verdict, check.words) == (CHECK, verdict, words)


def test_that_there_is_no_such_line_without_a_file(tmp_path: Path) -> None:
    plain = read_broker(written(tmp_path, '[strategies.A]\nwire = "1"\n'))
    assert (plain.algos, plain.check("A", {}, {}, NOW), plain.strategy("A")) == (None, None, None)


def test_that_a_replace_may_change_the_strategy_where_file_or_profile_says_so(tmp_path: Path) -> None:
    may = text_of(strategy(), 'strategyIdentifierTag="6401" changeStrategyOnCxlRpl="true"')
    told = read_broker(written(tmp_path, 'fixatdl = "broker.xml"\n', may)).profile
    assert (told.mode, told.strategy_tag) == ("replace", 6401)
    own = read_broker(
        written(tmp_path, 'fixatdl = "broker.xml"\nmode = "cancel_new"\nstrategy_tag = 847\n', may)
    ).profile
    assert (own.mode, own.strategy_tag) == ("cancel_new", 847)


def test_that_only_strategies_for_single_orders_are_taken_or_those_named(tmp_path: Path) -> None:
    both = text_of(
        strategy(more='fixMsgType="D"')
        + strategy(more='fixMsgType="E"').replace('name="A"', 'name="L"').replace('wireValue="1"', 'wireValue="2"')
    )
    assert list(read_broker(written(tmp_path, 'fixatdl = "broker.xml"\n', both)).profile.strategies) == ["A"]
    named = read_broker(written(tmp_path, 'fixatdl = "broker.xml"\nonly = ["L"]\n', both))
    assert list(named.profile.strategies) == ["L"]


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ("fixatdl = 7\n", "fixatdl = 7 is not allowed; allowed: the name of a file"),
        ('only = ["A"]\n[strategies.A]\nwire = "1"\n', "allowed: beside fixatdl alone"),
        ('fixatdl = "broker.xml"\nonly = ["B"]\n', r"only = \['B'\] is not allowed; allowed: some of A"),
        ('fixatdl = "broker.xml"\n[strategies.B]\nwire = "2"\n', "allowed: none: they are those of fixatdl"),
        ('fixatdl = "broker.xml"\nzone = "Mars"\n', "zone = 'Mars' is not allowed"),
        ('fixatdl = "broker.xml"\nodd = 1\n', "odd"),
        ("= 1\n", r"broker\.toml"),
    ],
)
def test_that_a_wrong_profile_is_refused_by_name(tmp_path: Path, toml: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        read_broker(written(tmp_path, toml))


def test_that_a_missing_or_damaged_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FeedError, match=r"none\.xml"):
        read_broker(written(tmp_path, 'fixatdl = "none.xml"\n'))
    with pytest.raises(DecodeError, match=r"broker\.xml line 1"):
        read_broker(written(tmp_path, 'fixatdl = "broker.xml"\n', b"<a>"))
    with pytest.raises(SettingsError, match=r"absent\.toml"):
        read_broker(tmp_path / "absent.toml")


def test_that_strategies_of_one_wire_value_are_refused_until_some_are_named(tmp_path: Path) -> None:
    twins = text_of(strategy() + strategy().replace('name="A"', 'name="B"'))
    with pytest.raises(SettingsError, match="a wire value of its own"):
        read_broker(written(tmp_path, 'fixatdl = "broker.xml"\n', twins))
    assert list(read_broker(written(tmp_path, 'fixatdl = "broker.xml"\nonly = ["B"]\n', twins)).profile.strategies) == [
        "B"
    ]


def test_that_the_day_is_the_one_of_the_brokers_zone() -> None:
    before_midnight_utc = 1_795_564_800 * SECOND - SECOND
    assert moment_of(before_midnight_utc, "Asia/Tokyo").day > moment_of(before_midnight_utc, "America/New_York").day


@pytest.mark.parametrize("kind", ["Int", "Qty", "Percentage"])
def test_that_bounds_of_the_profile_refuse_what_the_file_refuses(kind: str) -> None:
    told = AlgoParameter(name="p", kind=kind, line=1, low="0", high="1", times_100=kind == "Percentage")
    most = "100" if kind == "Percentage" else "1"
    assert parameter_fault(parameter_of(told), most) == ""
    assert parameter_fault(parameter_of(told), most + "1") != ""
