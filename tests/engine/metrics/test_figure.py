"""Figures with a reason, correctly rounded ratios, and the integer unit that money and fees share."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from app.engine.metrics.figure import Figure, Scale, because, known_mid, ratio
from app.engine.units import IN_HALT, NULL, PRICE_SCALE

SCALES = st.builds(
    Scale,
    st.integers(1, 10**6).map(lambda n: n * 1_000_000),
    st.integers(-9, 9),
    st.sampled_from([1, 100, 1000]),
)


def test_that_a_defined_figure_has_no_reason() -> None:
    assert Figure(5) == (5, "")


def test_that_a_reason_names_the_mid_and_its_quality() -> None:
    assert because("arrival", IN_HALT) == "arrival: halt"


def test_that_the_null_mid_of_a_kernel_is_undefined_and_every_other_one_is_itself() -> None:
    assert known_mid(NULL) is None
    assert known_mid(0) == 0
    assert known_mid(-5) == -5


def test_that_a_ratio_is_rounded_once() -> None:
    # 10000 * (2**60 + 1) is no float64: a float product before the division would be rounded twice
    assert ratio(2**60 + 1, 3, 10_000) == float(Fraction(10_000 * (2**60 + 1), 3))
    assert ratio(1, 3) == 1 / 3
    assert ratio(Fraction(1, 7), Fraction(2, 3), 5) == float(Fraction(15, 14))


def test_that_a_ratio_needs_a_positive_denominator() -> None:
    assert ratio(1, 0) is None
    assert ratio(1, -3) is None
    assert ratio(0, 3) == 0.0
    assert ratio(2, 1) == 2.0


def test_that_one_share_at_one_dollar_is_one_dollar() -> None:
    scale = Scale()
    assert scale == (PRICE_SCALE, 0, 1)
    assert scale.ccy(scale.grains(2 * PRICE_SCALE)) == 1.0
    assert scale.ccy(scale.fee_grains(PRICE_SCALE)) == 1.0


def test_that_multiplier_size_exponent_and_minor_unit_scale_money_but_not_fees() -> None:
    one = 2 * PRICE_SCALE
    assert Scale(50 * PRICE_SCALE).ccy(Scale(50 * PRICE_SCALE).grains(one)) == 50.0
    hundreds, fractions, pence = Scale(size_exponent=2), Scale(size_exponent=-3), Scale(minor=100)
    assert hundreds.ccy(hundreds.grains(one)) == 100.0
    assert fractions.ccy(fractions.grains(one)) == 0.001
    assert pence.ccy(pence.grains(one)) == 0.01
    for scale in (hundreds, fractions, pence):
        assert scale.ccy(scale.fee_grains(3 * PRICE_SCALE)) == 3.0


@given(SCALES, st.integers(-(10**30), 10**30), st.integers(-(10**15), 10**15))
def test_that_grains_of_money_and_fees_add_up_to_the_exact_currency_amount(scale: Scale, money2: int, fee: int) -> None:
    total = scale.grains(money2) + scale.fee_grains(fee)
    exact = (
        Fraction(money2, 2 * PRICE_SCALE)
        * Fraction(scale.multiplier, PRICE_SCALE)
        * Fraction(10) ** scale.size_exponent
    )
    exact = exact / scale.minor + Fraction(fee, PRICE_SCALE)
    assert isinstance(total, int)
    assert scale.ccy(total) == float(exact)


def test_that_an_undefined_part_is_published_as_none() -> None:
    scale = Scale()
    assert scale.published(Figure(None, "why")) is None
    assert scale.published(Figure(0)) == 0.0
    assert scale.published(Figure(scale.fee_grains(-PRICE_SCALE))) == -1.0
