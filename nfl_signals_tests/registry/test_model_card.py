"""The card describes a model folder completely, and its hash pins every byte of it."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nfl_signals.core.errors import InputError, IntegrityError, NotThereYetError
from nfl_signals.features.version import feature_version
from nfl_signals.markets.definitions import ATS, MARKETS, MONEYLINE, Market
from nfl_signals.registry.model_card import (
    CARD,
    TrainingWindow,
    check_card,
    check_seal,
    content_hash,
    model_hash,
    package_versions,
    read_card,
    write_card,
    write_sealed,
)

WINDOW = TrainingWindow(first="1999-w01", last="2023-w22", n_games=6706)
V1: dict[str, Any] = {"version": "v1", "horizon": "kickoff", "window": WINDOW, "seed": 0}

Files = dict[str, bytes]


def folder_with(files: Files, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def hash_of(files: Files) -> str:
    with TemporaryDirectory() as folder:
        return model_hash(folder_with(files, Path(folder)))


MODEL: Files = {"model.txt": b"tree", "baseline.json": b"{}"}


@pytest.mark.parametrize(
    "changed",
    [
        MODEL | {"model.txt": b"tree "},
        MODEL | {"baseline.json": b""},
        MODEL | {"extra.json": b""},
        {"model.txt": b"tree"},
        {"model.bin": b"tree", "baseline.json": b"{}"},
        {"model.txt": b"{}", "baseline.json": b"tree"},
        {"model.txt": b"tree", "ats/baseline.json": b"{}"},
        MODEL | {"ats/lightgbm/model.txt": b""},
    ],
    ids="content|other content|added|removed|renamed|swapped|moved below|added below".split("|"),
)
def test_the_hash_changes_with_every_content_and_name(changed: Files) -> None:
    assert hash_of(changed) != hash_of(MODEL)


def test_the_hash_is_the_same_wherever_the_folder_lies_and_whatever_its_card_holds() -> None:
    assert hash_of(MODEL) == hash_of(dict(reversed(MODEL.items())))
    assert hash_of(MODEL | {CARD: b"one"}) == hash_of(MODEL | {CARD: b"another"}) == hash_of(MODEL)


def test_the_hash_sees_files_in_folders_below_and_leaves_only_its_own_card_out() -> None:
    """An ensemble holds the folders of its learners, each with a card of its own."""
    deep = MODEL | {"ats/lightgbm/model.txt": b"tree", f"ats/lightgbm/{CARD}": b"card"}
    assert hash_of(deep | {"ats/lightgbm/model.txt": b"bush"}) != hash_of(deep)
    assert hash_of(deep | {"ats/xgboost/model.txt": b"tree"}) != hash_of(deep)
    assert hash_of(deep | {f"ats/lightgbm/{CARD}": b"another"}) != hash_of(deep)
    assert hash_of(deep | {CARD: b"another"}) == hash_of(deep)


def test_empty_folders_do_not_matter(tmp_path: Path) -> None:
    folder = folder_with(MODEL, tmp_path)
    (folder / "ats" / "lightgbm").mkdir(parents=True)
    assert model_hash(folder) == hash_of(MODEL)


names = st.sampled_from(["a", "b", "ab", "c/a", "c/b"])
contents = st.lists(st.sampled_from([b"a", b"b", b"\0", b"x"]), max_size=6).map(b"".join)


@given(
    one=st.dictionaries(names, contents, max_size=3),
    other=st.dictionaries(names, contents, max_size=3),
)
def test_two_different_folders_never_have_the_same_hash(one: Files, other: Files) -> None:
    assert (hash_of(one) == hash_of(other)) == (one == other)


def test_one_file_cannot_pass_for_two() -> None:
    assert hash_of({"a": b"x\0b\0y"}) != hash_of({"a": b"x", "b": b"y"})


@pytest.mark.parametrize("market", MARKETS.values())
def test_the_card_states_what_the_model_answers_and_what_it_was_fitted_on(
    tmp_path: Path, market: Market
) -> None:
    folder = folder_with(MODEL, tmp_path / "v202322")
    card = write_card(
        folder,
        markets=[market],
        version="v202322",
        horizon="kickoff",
        window=WINDOW,
        seed=7,
        extra={"learner": "logistic"},
    )
    assert {name: value for name, value in card.items() if name != "card_hash"} == {
        "market": market.name,
        "model_version": "v202322",
        "model_hash": model_hash(folder),
        "feature_version": feature_version("kickoff"),
        "label": market.label,
        "horizon": "kickoff",
        "decision_time": "made before kickoff, settled at the end of the game, overtime included",
        "training_window": {"first": "1999-w01", "last": "2023-w22", "n_games": 6706},
        "seed": 7,
        "packages": package_versions(),
        "learner": "logistic",
    }
    assert read_card(folder) == card


def test_the_label_of_the_spread_is_written_out(tmp_path: Path) -> None:
    folder = folder_with(MODEL, tmp_path)
    card = write_card(folder, markets=[ATS], **V1, extra={})
    assert card["label"] == "YES if result > spread_line; NO if <; push if equal"


def test_the_card_of_several_markets_names_each_with_its_label(tmp_path: Path) -> None:
    folder = folder_with({"moneyline/model.txt": b"tree"}, tmp_path)
    markets = [MONEYLINE, ATS]
    card = write_card(folder, markets=markets, **V1, extra={})
    assert card["market"] == ["moneyline", "ats"]
    assert card["label"] == {"moneyline": MONEYLINE.label, "ats": ATS.label}
    assert card["model_hash"] == model_hash(folder)
    assert read_card(folder) == card


def test_writing_the_card_leaves_the_hash_alone(tmp_path: Path) -> None:
    folder = folder_with(MODEL, tmp_path)
    first = write_card(folder, markets=[ATS], **V1, extra={})
    second = write_card(folder, markets=[ATS], **V1, extra={})
    assert first == second
    assert read_card(folder)["model_hash"] == model_hash(folder)


def test_a_missing_or_broken_card_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotThereYetError, match=r"card\.json: not there yet"):
        read_card(tmp_path)
    (tmp_path / CARD).write_text("{")
    with pytest.raises(InputError, match=r"card\.json: cannot be read"):
        read_card(tmp_path)


@pytest.mark.parametrize("name", ["training_window", "seed", "card_hash", "held_out"])
def test_an_edited_card_is_found(tmp_path: Path, name: str) -> None:
    held_out = {"held_out": {"brier": 0.21}}
    folder = folder_with(MODEL, tmp_path)
    card = write_card(
        folder,
        markets=[ATS],
        version="v1",
        horizon="kickoff",
        window=WINDOW,
        seed=0,
        extra=held_out,
    )
    check_seal(folder, read_card(folder))
    assert write_sealed(folder, card) == card
    for edited in (card | {name: "another"}, {k: v for k, v in card.items() if k != name}):
        with pytest.raises(IntegrityError, match=r"card\.json: edited since it was written"):
            check_seal(folder, edited)


def test_packages_are_those_at_work_under_the_names_that_people_know() -> None:
    found = package_versions()
    assert (found["polars"], found["numpy"]) == (pl.__version__, np.__version__)
    assert set(found) == {
        "lightgbm",
        "nfl-signals",
        "numpy",
        "polars",
        "scikit-learn",
        "scipy",
        "xgboost",
    }


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"model_hash": "0"}, "its files are not what its card describes"),
        ({"feature_version": "0dd"}, "fitted on features 0dd, this program builds"),
        ({"label": "YES if it rains"}, "label: fitted with YES if it rains, this program has YES"),
        ({"horizon": "a week before"}, "horizon: fitted with a week before, this program has"),
        ({"market": "moneyline"}, "market: fitted with moneyline, this program has ats"),
    ],
)
def test_a_card_that_answers_another_label_is_refused_with_the_reason(
    tmp_path: Path, changed: dict[str, str], message: str
) -> None:
    folder = folder_with(MODEL, tmp_path)
    card = write_card(folder, markets=[ATS], **V1, extra={})
    check_card(folder, card, [ATS])
    with pytest.raises(IntegrityError, match=message):
        check_card(folder, card | changed, [ATS])


ROWS = pl.DataFrame({"game": ["a", "null"], "points": [0.1, None]})


@pytest.mark.parametrize(
    "other",
    [
        ROWS.reverse(),
        ROWS.rename({"points": "score"}),
        ROWS.with_columns(pl.col("points") + 1e-16),
        ROWS.with_columns(pl.col("points").fill_null(0.0)),
        ROWS.with_columns(game=pl.Series(["a", None])),
        ROWS.with_columns(pl.col("points").cast(pl.Float32)),
    ],
    ids="order|name|last digit|null|null and its word|type".split("|"),
)
def test_the_hash_of_a_table_sees_every_value_name_and_type(other: pl.DataFrame) -> None:
    assert content_hash(ROWS) != content_hash(other)


def test_the_hash_of_a_table_does_not_see_how_it_is_stored(tmp_path: Path) -> None:
    ROWS.write_parquet(tmp_path / "rows.parquet")
    assert content_hash(pl.read_parquet(tmp_path / "rows.parquet")) == content_hash(ROWS)
    in_chunks = pl.concat([ROWS.head(1), ROWS.tail(1)], rechunk=False)
    assert content_hash(in_chunks) == content_hash(ROWS)
