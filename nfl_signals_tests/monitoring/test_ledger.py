"""A forecast stays as it was made before kickoff, and is settled at the line taken."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from nfl_signals.core.errors import InputError, IntegrityError, JoinError, StorageError
from nfl_signals.core.hash_chain import GENESIS, seals_after
from nfl_signals.core.moment import LATEST
from nfl_signals.monitoring import grading, ledger
from nfl_signals.monitoring.heads import NotedHead

KICKOFF = datetime(2024, 9, 8, 17, tzinfo=UTC)
ROW: dict[str, Any] = {
    "made_at": KICKOFF - timedelta(days=3),
    "written_at": KICKOFF - timedelta(days=3) + timedelta(minutes=20),
    "kickoff_at": KICKOFF,
    "season": 2024,
    "week": 1,
    "game_id": "2024_01_DAL_PHI",
    "market": "ats",
    "line": 3.0,
    "price_yes": -110.0,
    "price_no": -110.0,
    "p_hat": 0.55,
    "p_push": 0.09,
    "model_version": "model_v1",
    "model_hash": "ab" * 32,
    "feature_version": "f1",
    "horizon": "kickoff",
    "signal_source": "model",
    "book": "production",
    "period_flag": "ok",
}


def predictions(*changes: dict[str, Any]) -> pl.DataFrame:
    """One row per dict of changes to ROW, with its prediction_id."""
    schema = {name: kind for name, kind in ledger.SCHEMA.items() if name in ROW}
    rows = pl.DataFrame([ROW | change for change in changes], schema=schema)
    return ledger.with_prediction_id(rows).select(ledger.CONTENT)


def games(n: int, *, prefix: str = "game") -> pl.DataFrame:
    return predictions(*({"game_id": f"{prefix}_{i}"} for i in range(n)))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "ledger" / "predictions.parquet"


@pytest.fixture
def written(path: Path) -> pl.DataFrame:
    """A sound ledger of six rows, written in two appends."""
    ledger.append(path, games(4))
    ledger.append(path, games(6))
    return ledger.read(path)


def test_what_was_appended_is_read_back_in_order_and_sound(path: Path) -> None:
    rows = games(3)
    result = ledger.append(path, rows.select(reversed(rows.columns)))
    stored = ledger.read(path)
    assert stored.schema == ledger.SCHEMA
    assert stored.drop("seal").equals(rows)
    assert (result.n_new["production"], result.n_already, result.total) == (3, 0, 3)
    assert result.head == stored["seal"][-1]
    assert ledger.verify(stored) == []


def test_appending_twice_adds_nothing_and_leaves_the_same_bytes(path: Path) -> None:
    first = ledger.append(path, games(3))
    before = path.read_bytes()
    again = ledger.append(path, games(3))
    assert (again.n_new["production"], again.n_already, again.total) == (0, 3, 3)
    assert again.head == first.head
    assert path.read_bytes() == before


def test_one_append_or_two_give_the_same_chain(path: Path, tmp_path: Path) -> None:
    ledger.append(path, games(5))
    other = tmp_path / "other.parquet"
    ledger.append(other, games(2))
    mixed = ledger.append(other, games(5))
    assert (mixed.n_new["production"], mixed.n_already) == (3, 2)
    assert ledger.read(other).equals(ledger.read(path))


def test_nothing_to_append_writes_nothing(path: Path) -> None:
    result = ledger.append(path, games(1).clear())
    assert (result.total, result.head) == (0, GENESIS)
    assert not path.exists()


def test_a_prediction_may_be_repeated_later_but_never_rewritten(path: Path) -> None:
    ledger.append(path, predictions({}))
    before = path.read_bytes()
    with pytest.raises(IntegrityError, match=r"2024_01_DAL_PHI ats.*never rewritten"):
        ledger.append(path, predictions({"p_hat": 0.56}))
    assert path.read_bytes() == before
    later = dict.fromkeys(("made_at", "written_at"), KICKOFF - timedelta(1))
    assert ledger.append(path, predictions({"p_hat": 0.56, **later})).total == 2


@pytest.mark.parametrize("delay", [timedelta(0), timedelta(microseconds=1), timedelta(days=1)])
def test_a_prediction_at_or_after_kickoff_is_refused_by_name(path: Path, delay: timedelta) -> None:
    late = predictions({}, {"game_id": "2024_01_LATE", "made_at": KICKOFF + delay})
    with pytest.raises(InputError, match=r"2024_01_LATE ats, made_at: expected a time before"):
        ledger.append(path, late)
    assert not path.exists()


BEGUN, LONG_AGO = "a time before kickoff in book production", "a time from made_at to 6 hours after"
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
LATE = [  # made and written before kickoff, and what is expected
    (HOUR, timedelta(0), BEGUN),
    (HOUR, -25 * SECOND, BEGUN),
    (30 * HOUR, 30 * HOUR - LATEST - SECOND, LONG_AGO),
    (30 * HOUR, 30 * HOUR + SECOND, LONG_AGO),
]


@pytest.mark.parametrize(("made", "written_before", "words"), LATE)
def test_what_is_written_after_kickoff_or_long_after_it_was_made_is_no_production(
    path: Path, made: timedelta, written_before: timedelta, words: str
) -> None:
    """A run at 20:50 knows what was known at 20:00; the game of 20:25 is on."""
    times = {"made_at": KICKOFF - made, "written_at": KICKOFF - written_before}
    with pytest.raises(InputError, match=rf"late ats, written_at: expected {words}"):
        ledger.append(path, predictions({}, {"game_id": "late", **times}))
    assert not path.exists()
    shadow = predictions({}, {"game_id": "late", "book": "learning", **times})
    assert ledger.append(path, shadow).total == 2


@pytest.mark.parametrize(("made", "written_before", "words"), LATE)
def test_such_a_row_of_production_is_found_under_seals_that_fit(
    made: timedelta, written_before: timedelta, words: str
) -> None:
    times = {"made_at": KICKOFF - made, "written_at": KICKOFF - written_before}
    rows = predictions({}, {"game_id": "late", **times})
    seals = list(seals_after(GENESIS, ledger._contents(rows)))
    forged = rows.with_columns(pl.Series("seal", seals, dtype=pl.String)).select(*ledger.SCHEMA)
    (problem,) = ledger.verify(forged)
    assert f"(late, ats): written_at: expected {words}" in problem


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("p_hat", 0.0),
        ("p_hat", 1.0),
        ("p_hat", float("nan")),
        ("p_hat", None),
        ("p_push", 1.0),
        ("p_push", -0.1),
        ("line", float("inf")),
        ("line", 445.0),
        ("line", -9999.0),
        ("line", None),
        ("price_yes", 50.0),
        ("price_no", float("nan")),
        ("price_no", -500_000.0),
        ("price_no", -9_999.0),
        ("market", "spread"),
        ("book", "paper"),
        ("signal_source", "latest"),
        ("model_hash", None),
        ("kickoff_at", None),
    ],
)
def test_an_unusable_value_is_refused_with_game_and_column(
    path: Path, column: str, value: object
) -> None:
    good = predictions({}, {"game_id": "bad_game"})
    bad = good.with_columns(
        pl.when(pl.col("game_id") == "bad_game")
        .then(pl.lit(value, dtype=ledger.SCHEMA[column]))
        .otherwise(pl.col(column))
        .alias(column)
    )
    with pytest.raises(InputError, match=rf"bad_game .*{column}: expected"):
        ledger.append(path, bad)
    assert not path.exists()


def test_prices_may_be_unknown(path: Path) -> None:
    rows = predictions({"price_yes": None, "price_no": None})
    ledger.append(path, rows)
    assert ledger.append(path, rows).n_already == 1


@pytest.mark.parametrize(
    ("rows", "named"),
    [
        (games(1).drop("book"), "book String"),
        (games(1).with_columns(extra=1), "extra Int32"),
        (games(1).with_columns(pl.col("season").cast(pl.Int64)), "season Int32, season Int64"),
        (games(1).with_columns(pl.col("made_at").dt.replace_time_zone(None)), "made_at"),
    ],
    ids=["missing", "unknown", "wrong type", "no time zone"],
)
def test_wrong_columns_are_refused_by_name(path: Path, rows: pl.DataFrame, named: str) -> None:
    with pytest.raises(InputError, match=named):
        ledger.append(path, rows)


def test_one_id_for_two_rows_or_an_invented_id_is_refused(path: Path) -> None:
    with pytest.raises(InputError, match="prediction_id: expected unique ids"):
        ledger.append(path, predictions({}, {}))
    invented = games(1).with_columns(prediction_id=pl.lit("0" * 16))
    with pytest.raises(InputError, match="with_prediction_id"):
        ledger.append(path, invented)


def test_the_id_names_the_instant_not_the_zone() -> None:
    who = {name: ROW[name] for name in ledger.IDENTITY}
    eastern = ROW["made_at"].astimezone(timezone(timedelta(hours=-4)))
    one = ledger.prediction_id(**who, made_at=ROW["made_at"])
    assert one == ledger.prediction_id(**who, made_at=eastern)
    assert one == predictions({})["prediction_id"][0]
    others = {"book": "learning", "line": 3.5, "price_yes": -115.0, "price_no": None}
    for name, value in others.items():
        assert one != ledger.prediction_id(**who | {name: value}, made_at=ROW["made_at"])
    with pytest.raises(ValueError, match="time zone"):
        ledger.prediction_id(**who, made_at=ROW["made_at"].replace(tzinfo=None))


@pytest.mark.parametrize("column", [name for name in ledger.CONTENT if name != "prediction_id"])
def test_editing_any_column_of_one_row_shows_at_that_row(
    written: pl.DataFrame, column: str
) -> None:
    value = pl.col(column)
    kind = ledger.SCHEMA[column]
    if kind == pl.String:
        changed = value + "x"
    elif kind == ledger.UTC_TIME:
        changed = value.dt.offset_by("-1us")
    else:
        changed = value + 1e-9 if kind.is_float() else value + 1
    at_two = pl.int_range(pl.len()) == 2
    edited = written.with_columns(pl.when(at_two).then(changed).otherwise(value).alias(column))
    problems = ledger.verify(edited.cast(dict(ledger.SCHEMA)))
    assert len(problems) == 1
    assert problems[0].startswith("row 2 ")


def test_an_edit_with_a_freshly_computed_seal_shows_at_the_next_row(written: pl.DataFrame) -> None:
    """Who rewrites row 2 and its seal would have to rewrite every later seal as well."""
    edited = written.with_row_index().with_columns(
        p_hat=pl.when(pl.col("index") == 2).then(0.9).otherwise("p_hat")
    )
    forged = next(seals_after(written["seal"][1], ledger._contents(edited[2:3])))
    edited = edited.with_columns(
        seal=pl.when(pl.col("index") == 2).then(pl.lit(forged)).otherwise("seal")
    )
    problems = ledger.verify(edited.drop("index"))
    assert [problem[:6] for problem in problems] == ["row 3 "]


def test_a_deleted_row_shows(written: pl.DataFrame) -> None:
    problems = ledger.verify(pl.concat([written[:2], written[3:]]))
    assert [problem[:6] for problem in problems] == ["row 2 "]
    assert ledger.verify(written[1:])[0].startswith("row 0 ")


def test_reordered_rows_show(written: pl.DataFrame) -> None:
    assert len(ledger.verify(written.reverse())) == 6
    assert ledger.verify(written[[0, 2, 1, 3, 4, 5]])


def test_rows_cut_off_the_end_show_only_against_a_noted_seal(written: pl.DataFrame) -> None:
    head = written["seal"][-1]
    noted = [NotedHead(head=head, place="heads.txt, line 2")]
    assert ledger.verify(written, noted=noted) == []
    assert ledger.verify(written[:5]) == []
    (problem,) = ledger.verify(written[:5], noted=noted)
    assert problem == (
        f"noted head {head[:16]} (heads.txt, line 2) is missing: rows were cut off or rewritten"
    )


def test_a_repeated_row_and_one_made_after_kickoff_are_named(written: pl.DataFrame) -> None:
    twice = pl.concat([written, written[5:]])
    assert f"{written['prediction_id'][5]}: more than one row" in ledger.verify(twice)
    late = written.with_columns(made_at=pl.col("kickoff_at").dt.offset_by("1h"))
    assert any("made_at: expected a time before kickoff" in each for each in ledger.verify(late))


def test_a_file_that_is_not_a_ledger_is_neither_read_nor_extended(path: Path) -> None:
    path.parent.mkdir(parents=True)
    pl.DataFrame({"p_hat": [0.5]}).write_parquet(path)
    with pytest.raises(IntegrityError, match="not those of this version's ledger"):
        ledger.read(path)
    with pytest.raises(IntegrityError, match="not those of this version's ledger"):
        ledger.append(path, games(1))
    assert ledger.verify(pl.DataFrame({"p_hat": [0.5]})) == [
        "columns or types are not the ledger's"
    ]


def test_a_ledger_that_is_not_there_yet_says_so(path: Path) -> None:
    with pytest.raises(InputError, match="not there yet"):
        ledger.read(path)


def test_a_folder_that_cannot_be_made_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(StorageError, match="cannot be locked"):
        ledger.append(tmp_path / "file" / "predictions.parquet", games(1))


def test_writers_at_the_same_time_lose_nothing(path: Path) -> None:
    batches = [games(20, prefix=f"writer{i}") for i in range(8)]
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda rows: ledger.append(path, rows), batches))
    stored = ledger.read(path)
    assert stored.height == 160
    assert ledger.verify(stored) == []
    assert sorted(result.total for result in results) == list(range(20, 161, 20))


ENDLESS_WRITER = """
import sys
from pathlib import Path
from nfl_signals.monitoring import ledger
from nfl_signals_tests.monitoring.test_ledger import games
for i in range(10_000):
    ledger.append(Path(sys.argv[1]), games(50, prefix=f"batch{i}"))
    print(i, flush=True)
"""


@pytest.mark.slow
def test_a_writer_killed_in_the_middle_leaves_a_sound_ledger_that_can_be_extended(
    path: Path,
) -> None:
    command = [sys.executable, "-c", ENDLESS_WRITER, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        reported = [writer.stdout.readline() for _ in range(5)]
        writer.kill()
    stored = ledger.read(path)
    assert stored.height >= 50 * len(reported)
    assert stored.height % 50 == 0
    assert ledger.verify(stored) == []
    assert ledger.append(path, games(1)).total == stored.height + 1


def test_rows_are_graded_at_the_line_taken_not_at_the_close(path: Path) -> None:
    """Home wins by 3 and 44 points fall: every outcome of every market, by hand."""
    bets = [
        ("ats", 2.5, "yes", 1.0),
        ("ats", 3.0, "push", None),
        ("ats", 3.5, "no", 0.0),
        ("ats", -3.0, "yes", 1.0),
        ("moneyline", 0.0, "yes", 1.0),
        ("total", 43.5, "yes", 1.0),
        ("total", 44.0, "push", None),
        ("total", 44.5, "no", 0.0),
    ]
    rows = predictions(
        *(
            {"market": market, "line": line, "model_version": f"v{i}", "p_push": 0.0}
            for i, (market, line, _, _) in enumerate(bets)
        )
    )
    ledger.append(path, rows)
    outcomes = pl.DataFrame({"game_id": ["2024_01_DAL_PHI"], "result": [3], "total": [44]})
    graded = grading.grade(ledger.read(path), outcomes)
    assert graded["outcome"].to_list() == [outcome for _, _, outcome, _ in bets]
    assert graded["y"].to_list() == [y for _, _, _, y in bets]
    assert graded.select(*ledger.SCHEMA).equals(ledger.read(path))


@pytest.mark.parametrize(
    "change",
    [
        {"market": "moneyline", "line": 0.0, "week": 19},
        {"market": "moneyline", "line": 0.0, "season": 2020, "week": 18},
        {"line": 0.0, "week": 22},  # a pick'em of a game that is played on
        {"line": 3.5},
    ],
)
def test_a_push_that_cannot_be_is_refused(path: Path, change: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=r"p_push: expected 0 where no push is possible"):
        ledger.append(path, predictions(change))
    ledger.append(path, predictions(change | {"p_push": 0.0}))
    regular = {"game_id": "2024_18_CHI_GB", "market": "moneyline", "line": 0.0, "week": 18}
    ledger.append(path, predictions(regular))


def test_a_tie_is_a_push_of_the_moneyline(path: Path) -> None:
    ledger.append(path, predictions({"market": "moneyline", "line": 0.0}))
    outcomes = pl.DataFrame({"game_id": ["2024_01_DAL_PHI"], "result": [0], "total": [40]})
    graded = grading.grade(ledger.read(path), outcomes)
    assert graded["outcome"].to_list() == ["push"]
    assert graded["y"].to_list() == [None]


def test_an_unplayed_or_cancelled_game_stays_ungraded(path: Path) -> None:
    ledger.append(path, games(2))
    schema = {"game_id": pl.String, "result": pl.Int32, "total": pl.Int32}
    outcomes = pl.DataFrame([("game_0", None, None)], schema=schema, orient="row")
    graded = grading.grade(ledger.read(path), outcomes)
    assert graded["outcome"].to_list() == [None, None]
    assert graded["y"].to_list() == [None, None]
    assert graded["y"].dtype == pl.Float64


def test_the_markets_probability_is_the_no_vig_of_the_rows_own_prices(path: Path) -> None:
    """-198 / +164 imply 0.6644 and 0.3788: 0.6369 without the vig."""
    quoted = {"price_yes": -198.0, "price_no": 164.0}
    unknown = {"price_yes": None, "price_no": None, "game_id": "unpriced"}
    ledger.append(path, predictions(quoted, unknown))
    outcomes = pl.DataFrame({"game_id": ["2024_01_DAL_PHI"], "result": [3], "total": [44]})
    graded = grading.grade(ledger.read(path), outcomes)
    assert graded["p_market"][0] == pytest.approx(0.6369, abs=1e-4)
    assert graded["p_market"][1] is None


def test_two_outcomes_for_one_game_are_refused(path: Path) -> None:
    ledger.append(path, games(1))
    outcomes = pl.DataFrame({"game_id": ["game_0"] * 2, "result": [3, 4], "total": [44, 44]})
    with pytest.raises(JoinError, match="game_0 has more than one row"):
        grading.grade(ledger.read(path), outcomes)


def test_only_the_last_forecast_of_each_model_before_kickoff_counts() -> None:
    days = [3, 1, 2]
    rows = predictions(
        *({"made_at": KICKOFF - timedelta(days=d), "p_hat": d / 10} for d in days),
        {"model_version": "model_v2", "p_hat": 0.7},
        {"book": "learning", "p_hat": 0.8},
        {"market": "total", "line": 44.5, "p_hat": 0.9},
    )
    last = grading.judged_forecasts(rows)
    assert sorted(last["p_hat"].to_list()) == [0.1, 0.7, 0.8, 0.9]


def test_on_tuesday_the_first_forecast_is_judged_and_not_what_is_said_when_the_line_has_moved() -> (
    None
):
    moved = [(3, -110.0, 0.3), (1, -130.0, 0.1), (2, -120.0, 0.2)]
    made = [
        {
            "made_at": KICKOFF - timedelta(days=d),
            "price_yes": odds,
            "p_hat": p,
            "horizon": "tuesday",
        }
        for d, odds, p in moved
    ]
    judged = grading.judged_forecasts(
        predictions(*made, {"model_version": "model_v2", "p_hat": 0.7})
    )
    assert judged["p_hat"].to_list() == [0.3, 0.7]


@pytest.mark.parametrize("version", ["replay_2024", "stand_in_2024"])
def test_on_tuesday_a_corrected_walk_forward_is_judged_in_place_of_what_it_corrects(
    version: str,
) -> None:
    written = [KICKOFF + timedelta(days=day) for day in (2, 9)]
    computed = [
        {"written_at": at, "p_hat": p, "model_version": version, "horizon": "tuesday"}
        for at, p in zip(written, (0.3, 0.6), strict=True)
    ]
    given = [
        {"written_at": at, "p_hat": p, "horizon": "tuesday"}
        for at, p in zip(written, (0.4, 0.7), strict=True)
    ]
    judged = grading.judged_forecasts(predictions(*computed, *given))
    assert sorted(judged["p_hat"].to_list()) == [0.4, 0.6]
