"""What is not understood is never dropped: not a name, not a section, not a value of another kind."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from nfl_signals.core.errors import SettingsError
from nfl_signals.core.files import write_text
from nfl_signals.core.settings import Settings, load_settings
from nfl_signals_tests.support.absurd import ABSURD
from nfl_signals_tests.support.every_setting import nested, settings_of, variable_of


def load(home: Path, text: str = "", **overrides: object) -> Settings:
    write_text(home / "signals.yaml", text)
    return load_settings(home=home, **overrides)


@pytest.mark.parametrize(
    ("variable", "hint"),
    [
        ("NFL_SIGNALS_SEDE", "did you mean NFL_SIGNALS_SEED"),
        ("nfl_signals_seed", "did you mean NFL_SIGNALS_SEED"),
        ("NFL_SIGNAL_SEED", "did you mean NFL_SIGNALS_SEED"),
        ("NFLSIGNALS_SEED", "did you mean NFL_SIGNALS_SEED"),
        ("NFL_SIGNALS_SEED__X", "did you mean NFL_SIGNALS_SEED"),
        ("NFL_SIGNALS_MONITOR__MIN_DAY", "did you mean NFL_SIGNALS_MONITOR__MIN_DAYS"),
        ("NFL_SIGNALS_MONITOR_MIN_DAYS", "did you mean NFL_SIGNALS_MONITOR__MIN_DAYS"),
        ("NFL_SIGNALS_MONITOR__MIN_DAYS__X", "did you mean NFL_SIGNALS_MONITOR__MIN_DAYS"),
        ("NFL_SIGNALS_MONITOR__", "did you mean NFL_SIGNALS_MONITOR"),
    ],
)
def test_a_variable_that_sets_nothing_is_named_with_the_one_that_is_meant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, hint: str
) -> None:
    monkeypatch.setenv(variable, "7")
    with pytest.raises(SettingsError, match=f"^{variable}: no such setting; {hint}"):
        load_settings(home=tmp_path)


@pytest.mark.parametrize(
    "variable", ["NFL_SIGNALS_HOME", "NFL_SIGNALS_NFLVERSE", "NFL_SIGNALS_LLM"]
)
def test_an_empty_variable_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, " ")
    with pytest.raises(SettingsError, match=f"{variable}: is empty; unset it"):
        load_settings(home=tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("null", "NFL_SIGNALS_MONITOR: expected a JSON object"),
        ("[]", "NFL_SIGNALS_MONITOR: expected a JSON object"),
        ('{"min_days": 1, "min_days": 2}', "NFL_SIGNALS_MONITOR: min_days is there twice"),
    ],
)
def test_a_section_in_one_variable_is_one_object(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, message: str
) -> None:
    monkeypatch.setenv("NFL_SIGNALS_MONITOR", '{"min_days": 2, "window_weeks": 3}')
    assert load(tmp_path, "monitor: {min_days: 1, evidence: 30}").monitor.min_days == 2
    monkeypatch.setenv("NFL_SIGNALS_MONITOR", text)
    with pytest.raises(SettingsError, match=message):
        load_settings(home=tmp_path)


def test_a_section_is_not_given_whole_and_in_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NFL_SIGNALS_MONITOR", '{"min_days": 2}')
    monkeypatch.setenv("NFL_SIGNALS_MONITOR__MIN_DAYS", "3")
    with pytest.raises(
        SettingsError, match="NFL_SIGNALS_MONITOR and NFL_SIGNALS_MONITOR__MIN_DAYS"
    ):
        load_settings(home=tmp_path)


@pytest.mark.parametrize("text", ["monitor: null", "monitor: []", "monitor: 7", "seed: soon"])
def test_what_another_place_overrides_is_still_not_dropped_unread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("NFL_SIGNALS_MONITOR__MIN_DAYS", "3")
    with pytest.raises(SettingsError, match=rf"signals\.yaml\): {text.split(':')[0]}: "):
        load(tmp_path, text, seed=4)


@pytest.mark.parametrize("path", settings_of(int, float), ids=".".join)
def test_every_number_has_bounds_and_is_neither_true_nor_a_date(path: tuple[str, ...]) -> None:
    for value in (*ABSURD, True, False, datetime(2023, 11, 14, tzinfo=UTC), "1e400"):
        with pytest.raises(SettingsError, match=rf"^settings \(options\): {'.'.join(path)}: "):
            load_settings(**nested(path, value))


NO_INSTANT = "20231114 1700006400 2023-W46-2 14.11.2023 now 2023-11-14T14:00 2023-13-01 9999-12-31"


@pytest.mark.parametrize("path", [("as_of",), ("llm", "knowledge_cutoff")], ids=".".join)
@pytest.mark.parametrize("value", [*NO_INSTANT.split(), 20231114, 1700006400.0, True, [], ""])
def test_only_a_day_or_an_instant_with_its_offset_is_an_instant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: tuple[str, ...], value: object
) -> None:
    with pytest.raises(SettingsError, match=path[-1]):
        load(tmp_path, json.dumps(nested(path, value)))
    write_text(tmp_path / "signals.yaml", "")
    with pytest.raises(SettingsError, match=path[-1]):
        load_settings(home=tmp_path, **nested(path, value))
    monkeypatch.setenv(variable_of(path), str(value))
    with pytest.raises(SettingsError, match=r"write a day, e\.g\. 2023-11-14|is empty"):
        load_settings(home=tmp_path)


@pytest.mark.parametrize("text", ["2023-11-14", "'2023-11-14'"])
def test_a_day_may_be_quoted_or_not(tmp_path: Path, text: str) -> None:
    settings = load(tmp_path, f"as_of: {text}\nllm: {{knowledge_cutoff: {text}}}")
    assert settings.llm.knowledge_cutoff == date(2023, 11, 14)
    assert settings.as_of == datetime(2023, 11, 14, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2023-11-14T14:00:00Z",
        "2023-11-14 14:00Z",
        "2023-11-14T09:00:00-05:00",
        "2023-11-14T14:00+0000",
    ],
)
def test_an_instant_with_its_offset_is_read_alike_everywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    wanted = datetime(2023, 11, 14, 14, tzinfo=UTC)
    assert load(tmp_path, f"as_of: {text}").as_of == wanted
    assert load(tmp_path, as_of=text).as_of == wanted
    monkeypatch.setenv("NFL_SIGNALS_AS_OF", text)
    assert load(tmp_path).as_of == wanted
