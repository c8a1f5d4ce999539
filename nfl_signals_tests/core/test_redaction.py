"""No message, log or listing shows a URL's user part or query, a token or a key."""

import string
import traceback
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from nfl_signals.core.errors import NflSignalsError, SettingsError, SourceError
from nfl_signals.core.redaction import redacted
from nfl_signals.core.settings import load_settings
from nfl_signals_tests.support.every_setting import nested, settings_of, variable_of
from nfl_signals_tests.support.homes import nfl_signals

SECRET = "hunter2"
ADDRESS = f"https://user:{SECRET}@host/r?token={SECRET}"
TEXTS = settings_of(str, SecretStr)
secrets = st.text(string.ascii_letters + string.digits + "/:@%+.-", min_size=4).map("Q".__add__)


@given(secret=secrets, scheme=st.sampled_from(["https", "slack", "s3+x"]))
def test_a_user_part_is_hidden_wherever_it_stands(secret: str, scheme: str) -> None:
    for address in (f"{scheme}://{secret}@host/file", f"user:{secret}@{scheme}://host/file"):
        shown = redacted(f"error: '{address}': unreachable")
        assert secret not in shown
        assert "host/file" in shown


@given(secret=st.text(string.ascii_letters + string.digits, min_size=4).map("Q".__add__))
def test_a_query_a_bearer_and_a_named_key_are_hidden(secret: str) -> None:
    for text in (
        f"https://host/file?sig={secret}&x=1: not found",
        f"Max retries exceeded with url: /file?a={secret} (Caused by X)",
        f"Authorization: Bearer {secret}",
        f"api_key={secret}, token={secret}",
    ):
        assert secret not in redacted(text)


@pytest.mark.parametrize(
    "text",
    [
        "2024_01_LV_MIA: LV @ MIA, 3.5; a@b.example",
        "http://127.0.0.1:8000/v1.",
        "https://github.com/nflverse/x.parquet: unreachable after 4 attempts (OSError)",
        "is it there? yes=1",
    ],
)
def test_what_holds_no_secret_stays_as_it_is(text: str) -> None:
    assert redacted(text) == text


def test_an_error_never_says_a_secret_whatever_it_was_made_of() -> None:
    for kind in (NflSignalsError, SourceError):
        assert SECRET not in f"{kind(ADDRESS)} {kind(ADDRESS)!r}"


def test_the_walk_meets_the_settings_that_hold_addresses_and_keys() -> None:
    assert {("nflverse",), ("monitor", "notify"), ("llm", "base_url"), ("llm", "api_key")} <= {
        *TEXTS
    }


@pytest.mark.parametrize("path", TEXTS, ids=".".join)
def test_no_setting_is_shown_with_its_secret(
    path: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it should be, in a list, in the section's place, under a name that nobody knows, in broken YAML."""
    name = path[-1]
    texts = [
        f"{name}: [{ADDRESS}]" if len(path) == 1 else f"{path[0]}: {{{name}: [{ADDRESS}]}}",
        f"{path[0]}: {ADDRESS}",
        f"{path[0]}: [{{{name}: {ADDRESS}}}]",
        f"{name}x: {ADDRESS}",
        f"- {name}: {ADDRESS}",
        f"{name}: {ADDRESS}\n  [",
        f"{name}: *{SECRET}",
        f"{name}: 1\n{name}: {ADDRESS}",
    ]
    for text in texts:
        (tmp_path / "signals.yaml").write_text(text)
        shown = nfl_signals("settings", home=tmp_path, extra={})
        assert SECRET not in shown.out + shown.err, text
    (tmp_path / "signals.yaml").unlink()
    shown = nfl_signals("settings", home=tmp_path, extra={variable_of(path): ADDRESS})
    assert SECRET not in shown.out + shown.err
    monkeypatch.setenv(f"NFL_SIGNALS_{path[0].upper()}", f'{{"{name}": ["{ADDRESS}"')
    with pytest.raises(SettingsError) as refused:
        load_settings(home=tmp_path, **nested(path, [ADDRESS]))
    assert SECRET not in "".join(traceback.format_exception(refused.value))
