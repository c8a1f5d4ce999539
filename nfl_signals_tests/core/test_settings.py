"""Where a setting may come from, who wins, and how a bad one is named."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import ValidationError

from nfl_signals.core.errors import SettingsError
from nfl_signals.core.files import write_bytes, write_json, write_text
from nfl_signals.core.settings import PROJECT_ROOT, Settings, describe, load_settings


def load(home: Path, text: str = "", **overrides: object) -> Settings:
    write_text(home / "signals.yaml", text)
    return load_settings(home=home, **overrides)


def test_without_a_file_everything_has_a_default(tmp_path: Path) -> None:
    settings = load_settings(home=tmp_path)
    assert settings.source == "simulated"
    assert settings.signal_source == "champion"
    assert settings.as_of is None
    assert settings.season_range == (None, None)
    assert settings.monitor.max_calibration_error == 0.05
    assert settings.threads >= 1


def test_the_file_beats_defaults_the_environment_the_file_and_overrides_everything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert load(tmp_path, "seed: 1").seed == 1
    monkeypatch.setenv("NFL_SIGNALS_SEED", "2")
    assert load(tmp_path, "seed: 1").seed == 2
    assert load(tmp_path, "seed: 1", seed=3).seed == 3


def test_an_override_of_none_was_not_given(tmp_path: Path) -> None:
    assert load(tmp_path, "seed: 1", seed=None).seed == 1


def test_two_underscores_reach_a_nested_field_and_leave_its_neighbours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NFL_SIGNALS_MONITOR__MAX_CALIBRATION_ERROR", "0.04")
    monitor = load(
        tmp_path, "monitor: {window_weeks: 4, min_days: 9}", monitor={"min_days": 2}
    ).monitor
    assert (monitor.max_calibration_error, monitor.window_weeks, monitor.min_days) == (0.04, 4, 2)
    assert monitor.evidence == 20.0


def test_home_is_taken_from_the_environment_and_made_absolute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_text(tmp_path / "here" / "signals.yaml", "seed: 7")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NFL_SIGNALS_HOME", "here")
    settings = load_settings()
    assert (settings.home, settings.seed) == (tmp_path / "here", 7)


def test_home_is_the_folder_with_a_mark_at_or_above_the_working_one_or_that_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(PROJECT_ROOT)  # of a clone, with its signals.yaml
    assert load_settings().home == PROJECT_ROOT
    inner = tmp_path / "outer" / "inner"
    inner.mkdir(parents=True)
    monkeypatch.chdir(inner)
    assert load_settings().home == Settings().home == inner
    write_json(tmp_path / "outer/data/data_home.json", {"data_home": "nflverse"})
    assert load_settings().home == tmp_path / "outer"
    (inner / "signals.yaml").write_text("seed: 7", encoding="utf-8")
    assert (load_settings().home, load_settings().seed) == (inner, 7)
    monkeypatch.setenv("NFL_SIGNALS_HOME", str(tmp_path))
    assert load_settings().home == tmp_path


@pytest.mark.parametrize("source", ["proxy", "champion", "model_v202409", "model_v202409r202412"])
def test_the_market_the_champion_and_any_version_may_be_served(tmp_path: Path, source: str) -> None:
    assert load(tmp_path, f"signal_source: {source}").signal_source == source


@pytest.mark.parametrize("text", ["as_of: 2023-11-14", "as_of: '2023-11-14'"])
def test_a_date_means_midnight_utc_quoted_or_not(tmp_path: Path, text: str) -> None:
    assert load(tmp_path, text).as_of == datetime(2023, 11, 14, tzinfo=UTC)


def test_a_date_means_midnight_utc_in_the_environment_and_on_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert load(tmp_path, as_of="2023-11-14").as_of == datetime(2023, 11, 14, tzinfo=UTC)
    monkeypatch.setenv("NFL_SIGNALS_AS_OF", "2022-01-02")
    assert load(tmp_path).as_of == datetime(2022, 1, 2, tzinfo=UTC)


def test_an_instant_keeps_its_zone(tmp_path: Path) -> None:
    as_of = load(tmp_path, "as_of: '2023-11-14T09:00:00-05:00'").as_of
    assert as_of == datetime(2023, 11, 14, 14, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("seasons: 2006-2023", (2006, 2023)),
        ("seasons: '2021'", (2021, 2021)),
        ("seasons: 2010-", (2010, None)),
    ],
)
def test_seasons_are_inclusive_and_may_be_open(
    tmp_path: Path, text: str, expected: tuple[int, int | None]
) -> None:
    assert load(tmp_path, text).season_range == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sead: 1", "sead: no such setting"),
        ("monitor: {windo: 1}", "monitor.windo: no such setting"),
        ("seed: soon", "seed: Input should be a valid integer"),
        ("seed: -1", "seed: Input should be greater than or equal to 0"),
        ("threads: 0", "threads: Input should be greater than or equal to 1"),
        ("source: espn", "source: Input should be 'simulated' or 'nflverse'"),
        ("signal_source: model_7", "signal_source: expected which model is served"),
        ("signal_source: model_v7r", "signal_source: expected which model is served"),
        ("signal_source: latest", "write champion (the version promoted last) or model_vN"),
        ("seasons: 2023-2006", "2023-2006 runs backwards; write it as 2006-2023"),
        ("seasons: '23'", "seasons: expected A-B, A-"),
        (
            "as_of: 2023-11-14T09:00:00",
            "an instant with its offset from UTC, e.g. 2023-11-14T14:00:00+00:00",
        ),
        ("as_of: '2023-02-30'", "as_of: there is no such day or time; write a day"),
        ("simulator: {hold: 0.5}", "simulator.hold: Input should be less than or equal to 0.12"),
        ("simulator: {drift_from: 2020-w99}", "first week of the drift, 01 to 22, got '2020-w99'"),
        ("simulator: {drift_from: 2020-w00}", "first week of the drift, 01 to 22, got '2020-w00'"),
        (
            "training: {learners: [xgboost, logistic, xgboost]}",
            "training.learners names xgboost twice (xgboost, logistic, xgboost); keep one.",
        ),
        (
            "monitor: {recovery_error: 0.06}",
            "monitor.recovery_error 0.06 is above monitor.max_calibration_error 0.05;",
        ),
        (
            "monitor: {max_calibration_error: 0.2}",
            "monitor.critical_error 0.1 is below monitor.max_calibration_error 0.2;",
        ),
        ("monitor: {evidence: 4}", "monitor.watch_evidence 5 is above monitor.evidence 4;"),
        (
            "simulator: {drift_slope: 0.8}",
            "simulator.drift_slope 0.8 is the size of a drift, and simulator.drift_from is not set;",
        ),
        (
            "simulator: {drift_from: 2026-w01}",
            "simulator.drift_from 2026-w01 is after the last season 2025 (simulator.first_season 2014, "
            "simulator.n_seasons 12);",
        ),
    ],
)
def test_a_bad_value_is_named_with_field_file_and_reason(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, text)
    assert message in str(caught.value)
    assert str(tmp_path / "signals.yaml") in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_pair_whose_halves_stand_in_two_places_is_judged_as_it_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NFL_SIGNALS_MONITOR__RECOVERY_ERROR", "0.02")
    text = "monitor: {max_calibration_error: 0.03}"
    assert load(tmp_path, text).monitor.recovery_error == 0.02
    monkeypatch.setenv("NFL_SIGNALS_MONITOR__RECOVERY_ERROR", "0.03")
    assert load(tmp_path, text).monitor.recovery_error == 0.03
    monkeypatch.setenv("NFL_SIGNALS_MONITOR__RECOVERY_ERROR", "0.031")
    with pytest.raises(SettingsError, match=r"recovery_error 0\.031 is above .*error 0\.03;"):
        load(tmp_path, text)


def test_every_pair_that_contradicts_is_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"(?s)recovery_error 0\.2 .*watch_evidence 50 "):
        load(tmp_path, "monitor: {recovery_error: 0.2, watch_evidence: 50}")


def test_every_bad_value_is_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"(?s)seed: .*threads: "):
        load(tmp_path, "seed: -1\nthreads: 0")


def test_an_unknown_override_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="seeed: no such setting"):
        load(tmp_path, seeed=4)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("seed: [", "not valid YAML"),
        ("- seed", "expected `name: value` lines"),
        ("just words", "expected `name: value` lines"),
        ("1: seed", "expected `name: value` lines"),
        ("false", "expected `name: value` lines"),
        ("[]", "expected `name: value` lines"),
        ("0", "expected `name: value` lines"),
        ("null", "expected `name: value` lines"),
        ("''", "expected `name: value` lines"),
        ("seed: 1\nseed: 2", "seed is there twice"),
        ("monitor: {min_days: 1}\nmonitor: {evidence: 2}", "monitor is there twice"),
        ("llm: {model: a, model: b}", "model is there twice"),
        ("home: /elsewhere", "home: the file is read from there; set NFL_SIGNALS_HOME"),
        ("as_of: !!timestamp 2023-02-30", "not valid YAML"),
    ],
)
def test_a_file_that_is_no_list_of_settings_is_named(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(SettingsError, match=message) as caught:
        load(tmp_path, text)
    assert "signals.yaml" in str(caught.value)


def test_a_file_that_is_not_text_is_named(tmp_path: Path) -> None:
    write_bytes(tmp_path / "signals.yaml", b"seed: \xff")
    with pytest.raises(SettingsError, match=r"signals\.yaml: cannot be read as UTF-8 text"):
        load_settings(home=tmp_path)


def test_a_section_that_is_no_section_in_the_environment_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NFL_SIGNALS_MONITOR", "strict")
    with pytest.raises(SettingsError, match=r"NFL_SIGNALS_MONITOR: expected a JSON object"):
        load_settings(home=tmp_path)


def test_a_bad_nested_value_in_the_environment_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NFL_SIGNALS_TRAINING__PURGED_FOLDS", "1")
    with pytest.raises(SettingsError, match=r"training\.purged_folds: .* got '1'"):
        load_settings(home=tmp_path)


def test_an_empty_file_changes_nothing(tmp_path: Path) -> None:
    assert load(tmp_path, "# nothing yet\n") == load_settings(home=tmp_path)


def test_settings_cannot_be_changed_after_they_were_checked(tmp_path: Path) -> None:
    settings = load_settings(home=tmp_path)
    with pytest.raises(ValidationError, match="frozen"):
        settings.seed = 2
    with pytest.raises(ValidationError, match="frozen"):
        settings.monitor.min_days = 2


def test_instants_are_written_to_the_second() -> None:
    assert describe(datetime(2023, 11, 14, 9, 0, 0, 999, tzinfo=UTC)) == "2023-11-14T09:00:00+00:00"


def test_a_misspelt_secret_is_not_repeated(tmp_path: Path) -> None:
    (tmp_path / "signals.yaml").write_text("monitor: {notfy: slack://token}\n")
    with pytest.raises(SettingsError) as refused:
        load_settings(home=tmp_path)
    assert "monitor.notfy" in str(refused.value)
    assert "token" not in str(refused.value)
