"""Claims about the sequence learner: `learners.lstm`."""

import io
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from nfl_signals.core.errors import SettingsError
from nfl_signals.learners.lstm import FILE, HIDDEN, LSTMLearner
from nfl_signals.learners.protocol import Combine, Inputs, Task
from nfl_signals.learners.sequences import CHANNELS, WINDOW
from nfl_signals.stats.arrays import Floats
from nfl_signals.stats.logit import expit
from nfl_signals_tests.support.model_builders import (
    NEEDS_TORCH,
    files_of,
    fitted,
    inputs_of,
    new_learner,
    planted,
    predicted,
    targets,
)

pytestmark = (
    pytest.mark.slow
)  # every claim is about a fitted network, and PyTorch loads for seconds

FREE = (0, 0, 0, 0)
PLAYED, MARGIN = CHANNELS.index("played"), CHANNELS.index("margin")
both_tasks = pytest.mark.parametrize("task", ["probability", "mean"])
both_ways = pytest.mark.parametrize("combine", ["difference", "sum"])


def in_form(n: int, *, seed: int, combine: Combine = "difference") -> tuple[Inputs, Floats]:
    """Games decided by both teams' last three margins; columns are noise.

    Half of the teams have fewer than WINDOW games behind them.
    """
    random = np.random.default_rng(seed)
    sequence = np.zeros((n, 2, WINDOW, len(CHANNELS)))
    sequence[..., PLAYED] = 1.0
    sequence[..., MARGIN] = random.normal(size=(n, 2, WINDOW))
    length = random.integers(3, 2 * WINDOW, size=(n, 2))
    sequence[np.arange(WINDOW) < (WINDOW - length)[..., None]] = 0.0
    form = sequence[..., -3:, MARGIN].sum(axis=2)
    together = form[:, 0] - form[:, 1] if combine == "difference" else form.sum(axis=1)
    points = np.round(5 * together + 6 * random.normal(size=n))
    return Inputs(x=random.normal(size=(n, 4)), sequence=sequence), points


@cache
def trained(task: Task, combine: Combine = "difference", *, n: int = 1500) -> LSTMLearner:
    inputs, points = in_form(n, seed=1, combine=combine)
    learner = new_learner("lstm", task, monotone=FREE, combine=combine)
    assert isinstance(learner, LSTMLearner)
    return learner.fit(inputs, targets(points, task))


def by_hand(learner: LSTMLearner, inputs: Inputs) -> Floats:
    """The forward pass of Hochreiter and Schmidhuber with NumPy, skipping games not played."""
    state = {name: value.numpy() for name, value in learner.net_.state_dict().items()}
    finals = np.zeros((len(inputs), 2, HIDDEN))
    for game, team in np.ndindex(len(inputs), 2):
        h = c = np.zeros(HIDDEN)
        for step in inputs.sequence[game, team]:
            if step[PLAYED]:
                gates = state["lstm.weight_ih_l0"] @ step + state["lstm.weight_hh_l0"] @ h
                enter, keep, new, leave = np.split(gates, 4)
                c = expit(keep) * c + expit(enter) * np.tanh(new)
                h = expit(leave) * np.tanh(c)
        finals[game, team] = h
    sign = -1 if learner.spec.combine == "difference" else 1
    columns = (inputs.x - state["mean"]) / state["scale"]
    return (
        (finals[:, 0] + sign * finals[:, 1]) @ state["head.weight"][0]
        + columns @ state["columns.weight"][0]
        + state["columns.bias"][0]
    )


# --- without PyTorch


def test_without_pytorch_the_setting_and_the_command_are_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)  # Python's own way to hide a package
    with pytest.raises(SettingsError, match=r"training\.learners: lstm .*`make sequence`"):
        new_learner("lstm", "mean", monotone=FREE)


def test_a_package_that_pytorch_misses_is_not_taken_for_pytorch(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "torch.py").write_text("import a_package_that_is_not_there\n")
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="a_package_that_is_not_there"):
        new_learner("lstm", "mean", monotone=FREE)


# --- what it computes


@NEEDS_TORCH
@both_tasks
@both_ways
def test_a_forecast_is_the_textbook_forward_pass_over_the_games_played(
    task: Task, combine: Combine
) -> None:
    learner = trained(task, combine, n=300)
    inputs, _ = in_form(40, seed=2, combine=combine)
    score = by_hand(learner, inputs)
    expected = expit(score) if task == "probability" else 14 * score + float(learner.net_.center)
    assert learner.predict(inputs).tolist() == pytest.approx(expected.tolist(), rel=1e-9)


@NEEDS_TORCH
@both_tasks
@both_ways
def test_it_finds_form_that_no_column_holds(task: Task, combine: Combine) -> None:
    inputs, points = in_form(600, seed=2, combine=combine)
    forecast = trained(task, combine).predict(inputs)
    assert np.corrcoef(forecast, points)[0, 1] > 0.6
    if task == "probability":
        assert np.mean((forecast - (points > 0)) ** 2) < 0.2


@NEEDS_TORCH
@both_tasks
def test_teams_that_trade_places_trade_forecasts(task: Task) -> None:
    """What the sequences add changes its sign; columns and home field are the columns' business."""
    learner = trained(task)
    inputs, _ = in_form(50, seed=3)
    swapped = replace(inputs, sequence=inputs.sequence[:, ::-1])
    silent = learner.predict(replace(inputs, sequence=np.zeros_like(inputs.sequence)))
    here, there = learner.predict(inputs), learner.predict(swapped)
    if task == "probability":
        here, there, silent = (np.log(p / (1 - p)) for p in (here, there, silent))
    assert (here - silent).tolist() == pytest.approx((silent - there).tolist(), abs=1e-9)


@NEEDS_TORCH
def test_a_team_without_any_game_is_forecast_like_any_other() -> None:
    learner = trained("probability")
    inputs, _ = in_form(20, seed=4)
    nothing = replace(inputs, sequence=np.zeros_like(inputs.sequence))
    assert learner.predict(nothing).tolist() == pytest.approx(
        expit(by_hand(learner, nothing)).tolist(), rel=1e-9
    )


@NEEDS_TORCH
def test_it_cannot_be_fitted_on_inputs_without_sequences() -> None:
    x, points = planted(60, seed=1)
    learner = new_learner("lstm", "mean", monotone=FREE)
    for inputs in (
        Inputs.tabular(x),
        Inputs(x=x, sequence=np.zeros((60, 2, WINDOW, 3))),
        Inputs(x=x, sequence=np.zeros((60, 2, 0, len(CHANNELS)))),
    ):
        with pytest.raises(ValueError, match="lstm needs sequences"):
            learner.fit(inputs, points)


# --- determinism


@NEEDS_TORCH
def test_pytorchs_own_random_state_neither_matters_nor_moves() -> None:
    import torch

    x, _ = planted(50, seed=2)
    torch.manual_seed(1)
    before = torch.get_rng_state()
    first = predicted(fitted("lstm", "mean"), x)
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(2)
    assert predicted(fitted("lstm", "mean"), x).tobytes() == first.tobytes()


@NEEDS_TORCH
def test_another_seed_starts_elsewhere() -> None:
    x, _ = planted(50, seed=2)
    assert np.any(
        predicted(fitted("lstm", "mean"), x) != predicted(fitted("lstm", "mean", seed=8), x)
    )


@pytest.mark.slow
@NEEDS_TORCH
def test_fits_at_the_same_time_do_not_disturb_each_other() -> None:
    x, _ = planted(50, seed=2)

    def answers(seed: int) -> bytes:
        return predicted(fitted("lstm", "probability", seed=seed), x).tobytes()

    with ThreadPoolExecutor(3) as pool:
        together = list(pool.map(answers, range(3)))
    assert together == [answers(seed) for seed in range(3)]


# --- stored as data, and what it predicted of itself


@NEEDS_TORCH
def test_the_model_file_is_a_state_dict_that_loads_as_weights_only(tmp_path: Path) -> None:
    import torch

    fitted("lstm", "mean").save(tmp_path)
    state = torch.load(tmp_path / FILE, weights_only=True)
    assert set(state) == {
        *("lstm.weight_ih_l0", "lstm.weight_hh_l0", "head.weight"),
        *("columns.weight", "columns.bias", "mean", "scale", "center"),
    }
    assert all(value.dtype == torch.float64 for value in state.values())


@NEEDS_TORCH
def test_a_model_file_that_would_run_code_is_refused(tmp_path: Path) -> None:
    import torch

    fitted("lstm", "mean").save(tmp_path)
    stored = (tmp_path / FILE).read_bytes()
    harmful = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(stored)) as old, zipfile.ZipFile(harmful, "w") as new:
        for item in old.infolist():
            # The pickle of print("read as code").
            code = b"cbuiltins\nprint\n(S'read as code'\ntR."
            is_pickle = item.filename.endswith("data.pkl")
            new.writestr(item.filename, code if is_pickle else old.read(item))
    (tmp_path / FILE).write_bytes(harmful.getvalue())
    with pytest.raises(Exception, match=r"(?i)weights.only") as caught:
        new_learner("lstm", "mean", monotone=FREE).load(tmp_path)
    assert type(caught.value).__name__ == "UnpicklingError"
    assert torch.is_grad_enabled()


@NEEDS_TORCH
def test_two_fits_write_the_same_bytes_and_a_third_with_another_seed_does_not(
    tmp_path: Path,
) -> None:
    for folder, seed in (("first", 7), ("second", 7), ("other", 8)):
        fitted("lstm", "mean", seed=seed).save(tmp_path / folder)
    assert files_of(tmp_path / "first") == files_of(tmp_path / "second")
    assert files_of(tmp_path / "first")[FILE] != files_of(tmp_path / "other")[FILE]


@NEEDS_TORCH
@both_tasks
def test_importance_names_columns_and_channels_and_finds_the_one_that_matters(task: Task) -> None:
    importance = trained(task).importance()
    assert list(importance) == [
        *("f0", "f1", "f2", "f3"),
        *(f"sequence_{channel}" for channel in CHANNELS),
    ]
    assert max(importance, key=importance.__getitem__) == "sequence_margin"
    assert importance["sequence_margin"] > 0.5
    assert importance["sequence_played"] == importance["sequence_rest"] == 0


@NEEDS_TORCH
def test_importance_by_hand_is_what_forgetting_one_input_changes() -> None:
    learner = trained("mean", n=400)
    inputs, _ = in_form(400, seed=1)
    values, forecast = {}, learner.predict(inputs)
    for column in range(4):
        x = inputs.x.copy()
        x[:, column] = x[:, column].mean()
        values[f"f{column}"] = learner.predict(replace(inputs, x=x)) - forecast
    margins = inputs.sequence.copy()
    played = margins[..., PLAYED] == 1
    margins[played, MARGIN] = margins[played, MARGIN].mean()
    values["sequence_margin"] = learner.predict(replace(inputs, sequence=margins)) - forecast
    sizes = {name: float(np.sqrt(np.mean(change**2))) for name, change in values.items()}
    expected = {name: size / sum(sizes.values()) for name, size in sizes.items()}
    found = {name: share for name, share in learner.importance().items() if share > 0}
    assert found == pytest.approx(expected, rel=1e-6)


@NEEDS_TORCH
def test_it_invents_no_contributions() -> None:
    x, _ = planted(20, seed=2)
    assert fitted("lstm", "mean").contributions(inputs_of(x)) is None
