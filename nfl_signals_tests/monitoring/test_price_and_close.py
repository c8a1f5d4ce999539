"""A sealed forecast is held against the price it was made at and against the close, each by name."""

from datetime import timedelta

import polars as pl
import pytest

from nfl_signals.features.settled_games import fit_scores, settled_games
from nfl_signals.markets.odds import no_vig_probability
from nfl_signals.monitoring import ledger
from nfl_signals.monitoring.calibration_metrics import calibration_metrics
from nfl_signals.monitoring.closing_line_value import at_line_taken
from nfl_signals.monitoring.steps import graded_at
from nfl_signals_tests.support.builders import utc
from nfl_signals_tests.support.score_games import drawn_games

WEEKS, GAMES = 4, 10
START = utc("2025-09-07 17:00")
COVERED = {"ats": 24, "moneyline": 28, "total": 16}  # of 40: YES at the line taken
TAKEN = {
    "ats": (2.5, -110.0, -110.0),
    "moneyline": (0.0, -150.0, 130.0),
    "total": (44.5, -110.0, -110.0),
}
CLOSED = {
    "ats": (3.5, -105.0, -115.0),
    "moneyline": (0.0, -170.0, 150.0),
    "total": (46.5, -110.0, -110.0),
}
P_HAT = {"ats": 0.54, "moneyline": 0.6, "total": 0.47}


def quotes(of: dict[str, tuple[float, float, float]], market: str) -> dict[str, object]:
    return {"market": market} | dict(
        zip(("line", "price_yes", "price_no"), of[market], strict=True)
    )


def played(place: int) -> dict[str, float]:
    """Home margin and total of the game: YES or NO at the lines taken and at those that closed."""
    return {
        "ats": 10.0 if place < COVERED["ats"] else (1.0 if place < COVERED["moneyline"] else -7.0),
        "total": 51.0 if place < COVERED["total"] else 41.0,
    }


def sealed() -> pl.DataFrame:
    """Forty games a market in production, made on Tuesday at Tuesday's lines and prices."""
    rows = [
        {
            "prediction_id": f"{place}{market}",
            "game_id": f"2025_{place}",
            "season": 2025,
            "week": 1 + place % WEEKS,
            "kickoff_at": START + timedelta(weeks=place % WEEKS),
            **dict.fromkeys(ledger.TIMES, START + timedelta(weeks=place % WEEKS, days=-5)),
            "p_hat": P_HAT[market],
            "p_push": 0.0,
            "signal_source": "model",
            "book": "production",
            **dict.fromkeys(("model_version", "model_hash", "feature_version"), "v"),
            "horizon": "kickoff",
            **dict.fromkeys(("period_flag", "seal"), ""),
            **quotes(TAKEN, market),
        }
        for place in range(WEEKS * GAMES)
        for market in TAKEN
    ]
    return pl.DataFrame(rows).cast(dict(ledger.SCHEMA)).select(*ledger.SCHEMA)  # type: ignore[arg-type]


def gold() -> pl.DataFrame:
    """The same games at the close, and 300 games of an earlier season."""
    margin, total, spread, middle = drawn_games(300, seed=5)
    earlier = [
        {"game_id": f"2024_{n}", "season": 2024, "market": market, "line": line, "points": points}
        | {"kickoff_at": START - timedelta(days=300)}
        for n in range(300)
        for market, line, points in (
            ("ats", spread[n], margin[n]), ("total", middle[n], total[n]), ("moneyline", 0.0, margin[n]),
        )
    ]  # fmt: skip
    closed = [
        {"game_id": f"2025_{place}", "season": 2025, **quotes(CLOSED, market)}
        | {"points": played(place)["total" if market == "total" else "ats"]}
        | {"kickoff_at": START + timedelta(weeks=place % WEEKS)}
        for place in range(WEEKS * GAMES)
        for market in CLOSED
    ]
    rows = pl.from_dicts([*closed, *earlier], infer_schema_length=None)
    p_market = no_vig_probability(pl.col("price_yes"), pl.col("price_no"))
    return rows.with_columns(pl.col("kickoff_at").dt.cast_time_unit("us"), p_market=p_market)


@pytest.fixture(scope="module")
def graded() -> pl.DataFrame:
    return graded_at(sealed(), gold(), utc("2025-12-01 12:00"))


@pytest.mark.parametrize("market", TAKEN)
def test_both_figures_are_those_computed_by_hand(graded: pl.DataFrame, market: str) -> None:
    """Moneyline: the closing prices; spread and total: the close read at the line taken."""
    share = COVERED[market] / (WEEKS * GAMES)

    def brier(p: float) -> float:
        return share * (1 - p) ** 2 + (1 - share) * p**2

    line, price_yes, price_no = TAKEN[market]
    yes, no = (-o / (100 - o) if o < 0 else 100 / (100 + o) for o in (price_yes, price_no))
    p_price = yes / (yes + no)
    if market == "moneyline":
        p_close = (170 / 270) / (170 / 270 + 100 / 250)
    else:
        scores = fit_scores(settled_games(gold().filter(season=2024)))
        taken = {"game_id": ["2025_0"], "market": [market], "line": [line], "can_tie": [True]}
        bet = pl.DataFrame(taken)
        p_close = at_line_taken(scores, bet, gold())["carried"].item()
        assert (p_close - p_price) > 0.03
    metrics = calibration_metrics(graded, window_weeks=4, seed=1)
    found = metrics.filter(market=market, window="4w", scope="series").row(-1, named=True)
    assert (found["n_price"], found["n_close"]) == (40, 40)
    assert found["brier"] == pytest.approx(brier(P_HAT[market]))
    assert found["brier_price"] == pytest.approx(brier(p_price))
    assert found["brier_close"] == pytest.approx(brier(p_close))
    assert found["skill_vs_price"] == pytest.approx(1 - brier(P_HAT[market]) / brier(p_price))
    assert found["skill_vs_close"] == pytest.approx(1 - brier(P_HAT[market]) / brier(p_close))


def test_before_a_game_is_over_its_close_is_not_known() -> None:
    """Two of the four weeks are over."""
    found = graded_at(sealed(), gold(), START + timedelta(days=8))
    over = found["week"] <= 2
    assert found.filter(over)["p_close"].null_count() == 0
    assert found.filter(~over)["p_close"].null_count() == found.filter(~over).height > 0
