"""Claims about stored calibrators: `calibration.files`."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nfl_signals.calibration.files import load_calibrator, load_venn_abers, save_calibrator
from nfl_signals.calibration.methods import REFITS
from nfl_signals.calibration.platt import PlattCalibrator
from nfl_signals.calibration.venn_abers import fit_venn_abers
from nfl_signals.core.errors import InputError, IntegrityError
from nfl_signals_tests.support.calibration_games import distorted, season_games

PLATT = {"method": "platt", "intercept": 0.1, "slope": 0.9, "n_games": 3}
STEPS = {"method": "isotonic", "edges": [0.4, 0.6], "levels": [0.2, 0.5, 0.7], "n_games": 3}
VENN = {"method": "venn_abers", "p_raw": [0.4, 0.6], "yes": [0.0, 1.0], "games": [1.0, 2.0]}


def written(folder: Path, content: object) -> Path:
    path = folder / "calibrator_plain.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


@pytest.mark.parametrize("name", sorted(REFITS))
def test_a_stored_calibrator_is_the_same_calibrator(name: str, tmp_path: Path) -> None:
    p, y = season_games(300, seed=4)
    fitted = REFITS[name](distorted(p, slope=1.5), y)
    save_calibrator(tmp_path / "calibrator.json", fitted)
    assert load_calibrator(tmp_path / "calibrator.json") == fitted


def test_a_folder_holds_two_calibrators_under_two_names(tmp_path: Path) -> None:
    plain, signals = (PlattCalibrator(intercept=0.0, slope=s, n_games=9) for s in (0.8, 0.9))
    save_calibrator(tmp_path / "calibrator_plain.json", plain)
    save_calibrator(tmp_path / "calibrator_signals.json", signals)
    assert load_calibrator(tmp_path / "calibrator_plain.json") == plain
    assert load_calibrator(tmp_path / "calibrator_signals.json") == signals


def test_the_file_is_json_that_names_its_method(tmp_path: Path) -> None:
    path = tmp_path / "c.json"
    save_calibrator(path, PlattCalibrator(intercept=0.1, slope=0.9, n_games=3))
    assert json.loads(path.read_text(encoding="utf-8")) == PLATT


@pytest.mark.parametrize(
    "content", [PLATT | {"method": "spline"}, {"slope": 1.0}, [PLATT], VENN, PLATT | {"method": 1}]
)
def test_an_unknown_method_is_refused(content: object, tmp_path: Path) -> None:
    with pytest.raises(IntegrityError, match=r"calibrator_plain\.json: .* cannot read; retrain"):
        load_calibrator(written(tmp_path, content))


@pytest.mark.parametrize(
    "content",
    [
        {"method": "platt", "intercept": 0.1, "n_games": 3},
        PLATT | {"slope": "steep"},
        PLATT | {"slope": None},
        PLATT | {"slope": float("nan")},
        PLATT | {"slope": -0.5},
        STEPS | {"levels": [0.2, 0.7, 0.5]},
        STEPS | {"levels": [0.2, 0.5]},
        STEPS | {"levels": []},
        STEPS | {"levels": 0.5},
    ],
)
def test_numbers_that_make_no_calibrator_are_refused(
    content: dict[str, Any], tmp_path: Path
) -> None:
    with pytest.raises(IntegrityError, match=r"not a usable .* calibrator"):
        load_calibrator(written(tmp_path, content))


@pytest.mark.parametrize("load", [load_calibrator, load_venn_abers])
def test_a_missing_or_broken_file_is_named(load: Callable[[Path], object], tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone\.json"):
        load(tmp_path / "gone.json")
    (tmp_path / "half.json").write_text("{", encoding="utf-8")
    with pytest.raises(InputError, match=r"half\.json"):
        load(tmp_path / "half.json")


def test_stored_venn_abers_games_give_the_same_intervals(tmp_path: Path) -> None:
    p, y = season_games(200, seed=6)
    fitted = fit_venn_abers(p.round(2), y)
    save_calibrator(tmp_path / "v.json", fitted)
    loaded = load_venn_abers(tmp_path / "v.json")
    assert loaded == fitted
    at = np.linspace(0, 1, 50)
    assert np.array_equal(loaded.interval(at), fitted.interval(at))


@pytest.mark.parametrize(
    "content",
    [
        PLATT,
        [1],
        VENN | {"method": "platt"},
        VENN | {"yes": [1.0]},
        VENN | {"yes": [2.0, 1.0]},
        VENN | {"yes": [-1.0, 1.0]},
        VENN | {"games": [0.0, 2.0]},
        VENN | {"p_raw": [0.6, 0.4]},
        VENN | {"p_raw": [0.4, 0.4]},
        VENN | {"p_raw": [0.4, 1.4]},
        VENN | {"p_raw": [float("nan"), 0.4]},
    ],
)
def test_games_that_cannot_be_are_refused(content: object, tmp_path: Path) -> None:
    with pytest.raises(IntegrityError, match="not a usable venn_abers calibrator"):
        load_venn_abers(written(tmp_path, content))
