"""What the gate answers: known cases, the rules of the answer, and what it says."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.simulated_challengers import Kind, simulated_pairs
from nfl_signals.core.setting_sections import GateSettings, MonitorSettings
from nfl_signals.promotion.findings import Finding
from nfl_signals.promotion.gate import GateReport, judge
from nfl_signals.promotion.measures import PAIRS_SCHEMA

POLICY = GateSettings()
SWAP = {"p_champion": "p_challenger", "p_challenger": "p_champion"}


def answer(kind: Kind, *, seasons: int = 4, seed: int = 1, **how: object) -> GateReport:
    policy = GateSettings(**how) if how else POLICY
    rows = simulated_pairs(kind, seasons=seasons, seed=seed)
    return judge(rows, policy, focus=None, seed=1, once=True)


def named(report: GateReport, name: str, market: str = "all") -> Finding:
    return next(f for f in report.findings if (f.name, f.market) == (name, market))


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("better", "promote"),
        ("equal", "insufficient"),
        ("copy", "insufficient"),
        ("overconfident", "reject"),
        ("worse", "reject"),
    ],
)
def test_four_seasons_tell_a_better_challenger_from_a_worse_and_from_an_equal_one(
    kind: Kind, expected: str
) -> None:
    assert answer(kind).answer == expected


def test_a_challenger_that_is_too_sure_is_not_promoted_for_beating_one_that_is_more_so() -> None:
    """Its score is better; its own calibration is what rejects it."""
    rows = simulated_pairs("overconfident", seasons=4, seed=1)
    odds = pl.col("p_challenger") / (1 - pl.col("p_challenger"))
    surer = rows.with_columns(p_champion=odds**2 / (1 + odds**2))
    report = judge(surer, POLICY, focus=None, seed=1, once=True)
    assert named(report, "improves").verdict == "PASS"
    assert named(report, "calibrated", "moneyline").verdict == "FAIL"
    assert report.answer == "reject"


def test_a_challenger_that_is_calibrated_but_useless_is_rejected() -> None:
    """It states the share of YES for every game."""
    rows = simulated_pairs("copy", seasons=4, seed=1, markets=("moneyline",))
    useless = rows.with_columns(p_challenger=pl.col("y").mean())
    report = judge(useless, POLICY, focus=None, seed=1, once=True)
    assert named(report, "calibrated", "moneyline").verdict == "PASS"
    assert named(report, "improves").verdict == "FAIL"
    assert report.answer == "reject"


def test_the_same_numbers_are_insufficient_even_where_they_are_badly_calibrated() -> None:
    rows = simulated_pairs("overconfident", seasons=4, seed=1)
    same = rows.with_columns(p_champion="p_challenger", clv_champion="clv_challenger")
    report = judge(same, POLICY, focus=None, seed=1, once=True)
    assert report.answer == "insufficient"
    assert "both have the same forecast of every game" in report.sentence
    assert named(report, "churn").value == named(report, "drawdown").value == 0.0


def test_only_the_markets_in_focus_must_improve_and_only_what_changes_is_looked_at() -> None:
    """Moneylines corrected, the other markets left alone: worth nothing where the alarm is not."""
    better = simulated_pairs("better", seasons=8, seed=3)
    fixed = pl.col("market") == "moneyline"
    rows = better.with_columns(
        p_champion=pl.when(fixed).then("p_champion").otherwise("p_challenger"),
        clv_champion=pl.when(fixed).then("clv_champion").otherwise("clv_challenger"),
    )
    assert judge(rows, POLICY, focus=["moneyline"], seed=1).answer == "promote"
    other = judge(rows, POLICY, focus=["ats"], seed=1)
    assert other.answer == "insufficient"
    both = judge(rows, POLICY, focus=["moneyline", "ats"], seed=1)
    assert [f.market for f in both.findings if f.name == "improves"] == ["moneyline", "ats"]
    assert both.answer == "insufficient"
    assert {f.market for f in both.findings if f.name == "calibrated"} == {"moneyline"}


def test_a_champion_that_is_refuted_shows_the_improvement_before_the_scores_can() -> None:
    """One season of a champion whose logits are 1.6 times too large, against an honest challenger."""
    rows = simulated_pairs("better", seasons=1, seed=1)
    report = judge(rows, POLICY, focus=["moneyline"], seed=1)
    found = named(report, "improves", "moneyline")
    assert found.low is not None
    assert found.high is not None
    assert found.low < 0 < found.high
    assert (found.verdict, report.answer) == ("PASS", "promote")
    assert "evidence against the champion 74.9, the challenger 0.0583" in found.sentence
    harder = judge(rows, POLICY, focus=["moneyline"], seed=1, monitor=MonitorSettings(evidence=75))
    assert named(harder, "improves", "moneyline").verdict == "UNDERPOWERED"
    assert named(judge(rows, POLICY, focus=None, seed=1), "improves").verdict == "UNDERPOWERED"


def test_a_refuted_champion_shows_nothing_for_a_challenger_that_is_itself_in_doubt() -> None:
    """Both too sure, the champion more so; the evidence against the challenger is 11.5."""
    rows = simulated_pairs("overconfident", seasons=1, seed=6, markets=("moneyline",))
    odds = pl.col("p_challenger") / (1 - pl.col("p_challenger"))
    surer = rows.with_columns(p_champion=odds**1.2 / (1 + odds**1.2))
    for doubt, verdict in ((5.0, "UNDERPOWERED"), (12.0, "PASS")):
        monitor = MonitorSettings(watch_evidence=doubt)
        report = judge(surer, POLICY, focus=["moneyline"], seed=1, monitor=monitor)
        assert named(report, "improves", "moneyline").verdict == verdict


def test_a_score_that_is_shown_to_be_the_prices_need_not_be_shown_to_be_the_champions() -> None:
    """Whoever falls back, falls back to the price; where that is not shown, the champion's counts."""
    rows = simulated_pairs("better", seasons=1, seed=1)
    skill = named(judge(rows, POLICY, focus=None, seed=1), "skill", "moneyline")
    price = named(judge(rows, POLICY, focus=None, seed=1), "price", "moneyline")
    assert (skill.verdict, price.verdict, skill.holds_back) == ("UNDERPOWERED", "PASS", False)
    unpriced = rows.with_columns(p_market=pl.lit(None, pl.Float64))
    alone = named(judge(unpriced, POLICY, focus=None, seed=1), "skill", "moneyline")
    assert (alone.verdict, alone.holds_back) == ("UNDERPOWERED", True)


def test_a_market_in_focus_that_nobody_forecast_is_insufficient() -> None:
    rows = simulated_pairs("better", seasons=4, seed=1, markets=("moneyline",))
    report = judge(rows, POLICY, focus=["total"], seed=1)
    assert report.answer == "insufficient"
    assert named(report, "improves", "total").value is None
    assert "Total" in report.sentence


def test_a_market_where_the_challenger_is_clearly_worse_rejects_it() -> None:
    rows = pl.concat(
        [
            simulated_pairs("better", seasons=8, seed=3, markets=("ats", "total")),
            simulated_pairs("worse", seasons=8, seed=3, markets=("moneyline",)),
        ]
    )
    report = judge(rows, GateSettings(max_extra_brier=0.001), focus=["ats"], seed=1)
    assert named(report, "skill", "moneyline").verdict == "FAIL"
    assert report.answer == "reject"


def test_too_few_games_show_nothing() -> None:
    rows = simulated_pairs("better", seasons=4, seed=1)
    few = rows.filter(pl.col("week") < 8, pl.col("season") == 2024)
    report = judge(few, POLICY, focus=None, seed=1, once=True)
    assert {f.verdict for f in report.findings} == {"UNDERPOWERED"}
    assert report.answer == "insufficient"
    games = answer("better", min_games=100_000)
    assert {f.verdict for f in games.findings} == {"UNDERPOWERED"}


def test_evidence_against_a_challenger_counts_however_few_the_games() -> None:
    rows = simulated_pairs("overconfident", seasons=1, seed=1, markets=("moneyline",))
    odds = pl.col("p_challenger") / (1 - pl.col("p_challenger"))
    absurd = rows.filter(pl.col("week") < 7).with_columns(p_challenger=odds**2 / (1 + odds**2))
    report = judge(absurd, POLICY, focus=None, seed=1, once=True)
    assert named(report, "calibrated", "moneyline").verdict == "FAIL"
    assert report.answer == "reject"


def test_no_games_are_insufficient() -> None:
    report = judge(PAIRS_SCHEMA.to_frame(), POLICY, focus=None, seed=1, once=True)
    assert (report.answer, report.n_games, report.n_weeks) == ("insufficient", 0, 0)


@pytest.mark.parametrize(
    ("limit", "name"),
    [
        ({"max_churn": 0.1}, "churn"),
        ({"max_slippage": 0.0}, "slippage"),
        ({"max_extra_brier": 0.0}, "skill"),
    ],
)
def test_each_limit_can_reject(limit: dict[str, float], name: str) -> None:
    report = answer("worse", **limit)
    assert name in {f.name for f in report.findings if f.verdict == "FAIL"}
    assert report.answer == "reject"


def test_a_drawdown_that_chance_explains_neither_rejects_nor_holds_back() -> None:
    rows = simulated_pairs("overconfident", seasons=2, seed=1)
    seen = named(judge(rows, POLICY, focus=None, seed=1), "drawdown")
    assert seen.value is not None
    assert seen.low is not None
    assert seen.low < 0 < seen.value
    policy = GateSettings(max_extra_drawdown=seen.value / 2)
    found = named(judge(rows, policy, focus=None, seed=1), "drawdown")
    assert (found.verdict, found.holds_back) == ("UNDERPOWERED", False)


def swapped(rows: pl.DataFrame, role: str) -> pl.DataFrame:
    """One of the two takes favourites for underdogs."""
    return rows.with_columns((1 - pl.col(f"p_{role}")).alias(f"p_{role}"))


def test_who_is_worse_than_the_price_is_rejected_however_bad_the_champion_was() -> None:
    """A flat forecast beats one that is turned round, and the proxy beats both."""
    rows = simulated_pairs("equal", seasons=2, seed=1, markets=("moneyline",))
    flat = swapped(rows, "champion").with_columns(p_challenger=pl.lit(0.574))
    report = judge(flat, POLICY, focus=["moneyline"], seed=1)
    assert named(report, "improves", "moneyline").verdict == "PASS"
    assert named(report, "price", "moneyline").verdict == "FAIL"
    assert report.answer == "reject"


def test_a_challenger_is_judged_calibrated_by_all_that_it_ever_forecast() -> None:
    """Eight weeks are too few, eight seasons are enough."""
    rows = simulated_pairs("better", seasons=8, seed=4)
    few = rows.filter(pl.col("season") == pl.col("season").max(), pl.col("week") <= 8)
    columns = ["market", "season", "week", "y", "p_challenger"]
    alone = judge(few, POLICY, focus=None, seed=1, once=True)
    known = judge(few, POLICY, focus=None, seed=1, record=rows.select(columns), once=True)
    for found, n in ((alone, 120), (known, 8 * 18 * 15)):
        calibrated = [f for f in found.findings if f.name == "calibrated"]
        assert {f.n for f in calibrated} == {n}
    assert {f.verdict for f in known.findings if f.name == "calibrated"} == {"PASS"}
    assert named(alone, "improves") == named(known, "improves")


def test_what_is_only_not_shown_of_slippage_and_drawdown_does_not_hold_back() -> None:
    """No closing lines, no prices: the walk-forward at the close would never be promoted."""
    rows = simulated_pairs("better", seasons=4, seed=1)
    nothing = [pl.lit(None, pl.Float64).alias(n) for n in ("clv_champion", "clv_challenger")]
    report = judge(rows.with_columns(nothing), POLICY, focus=None, seed=1, once=True)
    assert named(report, "slippage").verdict == "UNDERPOWERED"
    assert not named(report, "slippage").holds_back
    assert report.answer == "promote"


def test_against_a_champion_that_never_leans_nothing_can_change_side() -> None:
    rows = simulated_pairs("worse", seasons=1, seed=1).with_columns(p_champion="p_market")
    report = judge(rows, POLICY, focus=None, seed=1, once=True)
    assert named(report, "churn").verdict == "PASS"
    assert named(report, "drawdown").value is None


def test_leans_of_less_than_a_point_may_change_side_and_picks_may_not() -> None:
    """Around a market that is nearly right, two fits of one recipe lie on either side of it by chance."""
    rows = simulated_pairs("equal", seasons=1, seed=1)
    market = pl.col("p_market").clip(0.1, 0.9)
    for distance, verdict, unit in (
        (0.009, "PASS", "of the forecasts"),
        (0.011, "FAIL", "of the picks"),
    ):
        apart = rows.with_columns(
            p_market=market, p_champion=market - distance, p_challenger=market + distance
        )
        found = named(judge(apart, POLICY, focus=None, seed=1, once=True), "churn")
        assert found.verdict == verdict
        assert unit in found.sentence


@pytest.mark.parametrize(
    ("changing", "unit", "verdict"),
    [(0.0, "of the forecasts", "PASS"), (1.0, "of the picks", "UNDERPOWERED")],
)
def test_few_picks_are_too_few_to_be_judged_by_only_where_many_of_them_change_side(
    changing: float, unit: str, verdict: str
) -> None:
    """Five picks a week in 18 weeks; on all other games both forecast the price to a tenth of a point."""
    rows = simulated_pairs("equal", seasons=1, seed=1, markets=("total",))
    market = pl.col("p_market").clip(0.2, 0.8)
    edge = pl.when(pl.int_range(pl.len()).over("week") < 5).then(0.05).otherwise(0.001)
    apart = rows.with_columns(
        p_market=market, p_champion=market + edge, p_challenger=market + edge * (1 - 2 * changing)
    )
    found = named(judge(apart, POLICY, focus=None, seed=1, once=True), "churn")
    assert (found.verdict, found.holds_back) == (verdict, verdict != "PASS")
    assert unit in found.sentence


def test_games_without_prices_are_scored_but_not_leant_on() -> None:
    rows = simulated_pairs("equal", seasons=1, seed=1, markets=("moneyline",))
    blank = pl.when(pl.col("week") > 9).then(pl.col("p_market", "price_yes", "price_no"))
    report = judge(rows.with_columns(blank), POLICY, focus=None, seed=1, once=True)
    assert named(report, "improves").n == 270
    assert named(report, "drawdown").n == 135
    assert 0 < named(report, "churn").n < 135


def test_the_monitors_limits_are_the_ones_a_challenger_must_keep() -> None:
    rows = simulated_pairs("better", seasons=4, seed=1)
    strict = MonitorSettings(max_calibration_error=0.01, evidence=1e-6)
    report = judge(rows, POLICY, focus=None, seed=1, monitor=strict)
    assert named(report, "calibrated", "moneyline").verdict == "FAIL"
    assert named(report, "calibrated", "moneyline").limit == 0.01


def test_a_finding_says_what_it_rests_on_and_what_it_could_have_seen() -> None:
    found = named(answer("equal", seasons=2), "improves")
    assert (found.n, found.n_weeks, found.unit) == (3 * 2 * 270, 36, "Brier score")
    assert found.low is not None
    assert found.high is not None
    assert found.detectable == pytest.approx(2.8 * (found.high - found.low) / 3.92, rel=0.01)
    assert "1620 forecasts in 36 weeks" in found.sentence
    assert "they show 0.00" in found.sentence


def test_the_report_says_why() -> None:
    rejected, promoted = answer("overconfident"), answer("better")
    assert rejected.sentence.startswith("Rejected. ")
    assert "Moneyline: the challenger's own error is 0.0" in rejected.sentence
    assert "evidence against it" in rejected.sentence
    assert "slope 0." in rejected.sentence
    assert promoted.sentence.startswith("Promoted. All markets: calibration error changes by -0.0")
    assert (promoted.n_games, promoted.n_weeks) == (4 * 270, 72)


def test_the_same_seed_gives_the_same_report_whatever_the_order_of_the_rows() -> None:
    rows = simulated_pairs("equal", seasons=1, seed=1)
    shuffled = rows.sample(fraction=1.0, shuffle=True, seed=2)
    assert judge(rows, POLICY, focus=None, seed=1) == judge(shuffled, POLICY, focus=None, seed=1)


@settings(max_examples=20)
@given(st.integers(0, 10_000))
def test_changing_roles_never_promotes_both(seed: int) -> None:
    rows = simulated_pairs("worse", seasons=1, seed=seed, markets=("moneyline",))
    swapped = rows.rename(
        SWAP | {"clv_champion": "clv_challenger", "clv_challenger": "clv_champion"}
    )
    ours, theirs = (judge(table, POLICY, focus=None, seed=1) for table in (rows, swapped))
    assert (ours.answer, theirs.answer) != ("promote", "promote")
    assert named(ours, "churn") == named(theirs, "churn")
    here, there = named(ours, "improves").value, named(theirs, "improves").value
    assert here is not None
    assert there == pytest.approx(-here)


def first_weeks(rows: pl.DataFrame, n: int) -> pl.DataFrame:
    weeks = rows.select("season", "week").unique().sort("season", "week")
    return rows.join(weeks.head(n), on=["season", "week"], how="semi")


@pytest.mark.slow
def test_asked_every_week_the_gate_promotes_on_what_its_last_look_shows() -> None:
    rows = simulated_pairs("worse", seasons=2, seed=2, markets=("moneyline",))
    looks = (8, 11, 16, 23, 32)
    before = None
    for week in range(8, 37):
        found = named(judge(first_weeks(rows, week), POLICY, focus=None, seed=1), "improves")
        assert found.n_weeks == max(look for look in looks if look <= week)
        assert (found == before) is (week not in looks)
        before = found


def test_what_is_decided_on_at_many_looks_is_wider_and_the_rest_as_at_one() -> None:
    rows = first_weeks(simulated_pairs("equal", seasons=2, seed=2), 16)
    many, single = (judge(rows, POLICY, focus=None, seed=1, once=once) for once in (False, True))
    for wide, narrow in zip(many.findings, single.findings, strict=True):
        assert wide.value == narrow.value
        assert (wide == narrow) is (wide.name != "improves")
    wide, narrow = named(many, "improves"), named(single, "improves")
    assert wide.low < narrow.low < narrow.high < wide.high  # type: ignore[operator]


def test_to_reject_an_interval_must_be_beyond_the_limit_when_it_is_widened() -> None:
    rows = first_weeks(simulated_pairs("worse", seasons=2, seed=2), 16)
    found = named(judge(rows, POLICY, focus=None, seed=1, once=True), "churn")
    assert found.value is not None
    assert found.low is not None
    for share, often in ((0.5, "UNDERPOWERED"), (2.0, "FAIL")):
        limit = found.value - (found.value - found.low) * (1 + 0.37 * share)
        policy = GateSettings(max_churn=limit)
        verdicts = {
            once: named(judge(rows, policy, focus=None, seed=1, once=once), "churn").verdict
            for once in (True, False)
        }
        assert verdicts == {True: "FAIL", False: often}
