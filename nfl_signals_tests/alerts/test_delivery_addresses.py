"""Messages go out by Apprise, and no text names more of an address than its kind."""

import logging
from pathlib import Path

import pytest
from pydantic import SecretStr

from nfl_signals.alerts.delivery import UndeliveredError, deliver, open_sender
from nfl_signals.core.errors import SettingsError
from nfl_signals.core.settings import load_settings
from nfl_signals_tests.support.alert_rows import alerts
from nfl_signals_tests.support.chat_server import ChatServer, Reply, serving
from nfl_signals_tests.support.homes import nfl_signals

SECRET = "hunter2"


def url(server: ChatServer) -> str:
    """An Apprise address of the server, with a password and a token in its path."""
    return f"json://user:{SECRET}@127.0.0.1:{server.http.server_address[1]}/{SECRET}"


def test_a_message_arrives_with_its_title_and_its_words(tmp_path: Path) -> None:
    with serving() as server:
        send = open_sender(SecretStr(url(server)))
        report = deliver(tmp_path / "o.jsonl", alerts({}), send, attempts=3)
    (received,) = server.requests
    assert received["title"] == "Moneyline: calibration warning"
    assert received["message"].startswith("Off by 8 points for 14 days.\nWhat to do: retrain.")
    assert report.sentence == "sent: moneyline opened"


@pytest.mark.parametrize("between", [",", " ", ", ", "\n"])
def test_every_address_gets_the_message_in_order(between: str) -> None:
    with serving() as server:
        open_sender(SecretStr(f"{url(server)}/a{between}{url(server)}/b"))("title", "body")
    assert [received["path"] for received in server.requests] == [f"/{SECRET}/a", f"/{SECRET}/b"]


def test_an_address_may_hold_commas_of_its_own() -> None:
    with serving() as server:
        open_sender(SecretStr(url(server) + "/a,b"))("title", "body")
    assert len(server.requests) == 1


def test_a_service_that_refuses_is_counted_and_named_by_its_kind(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    with serving() as server:
        server.reply_with(Reply(status=500))
        send = open_sender(SecretStr(f"{url(server)}, {url(server)}"))
        report = deliver(outbox := tmp_path / "o.jsonl", alerts({}), send, attempts=3)
    assert report.sentence == (
        "failed, to be tried again: moneyline opened (2 of 2 URLs did not take it: 2 json)"
    )
    shown = caplog.text + "".join(capfd.readouterr()) + repr(report) + report.sentence
    assert SECRET not in shown
    assert SECRET.encode() not in outbox.read_bytes()


@pytest.mark.slow
def test_what_one_address_took_counts_though_another_is_out_of_reach() -> None:
    with serving() as server:
        closed = f"json://user:{SECRET}@127.0.0.1:9/"
        send = open_sender(SecretStr(f"{closed} {url(server)}"))
        with pytest.raises(UndeliveredError, match=r"^1 of 2 URLs did not take it: 1 json$") as e:
            send("title", "body")
    assert e.value.taken == 1


@pytest.mark.parametrize(
    ("urls", "reason"),
    [
        (f"json://127.0.0.1 slack://{SECRET}", r"URL 2 \(slack\) cannot be used"),
        (f"pigeon://{SECRET}", r"URL 1 \(unknown scheme\) cannot be used"),
        (f"user:{SECRET}@scheme://", r"URL 1 \(unknown scheme\) cannot be used"),
        (f"{SECRET}://h", r"URL 1 \(unknown scheme\) cannot be used"),
        (SECRET, r"URL 1 \(no scheme\) cannot be used"),
        (" , ", "holds no URL"),
    ],
)
def test_an_address_that_cannot_be_used_is_named_by_place_and_kind(
    urls: str, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(SettingsError, match=reason) as refused:
        open_sender(SecretStr(urls))
    assert SECRET not in str(refused.value) + caplog.text


@pytest.mark.parametrize(
    "value", [f"json://{SECRET}@h", [f"json://{SECRET}@h", "slack://x"], 5, {"a": SECRET}]
)
def test_settings_never_show_the_addresses(value: object) -> None:
    settings = load_settings(monitor={"notify": value})
    assert SECRET not in repr(settings) + str(settings) + settings.model_dump_json()
    assert settings.monitor.notify is not None


def test_a_list_of_addresses_is_as_good_as_one_line_of_them() -> None:
    settings = load_settings(monitor={"notify": ["json://a", "json://b"]})
    assert settings.monitor.notify is not None
    assert settings.monitor.notify.get_secret_value() == "json://a json://b"
    assert load_settings().monitor.notify is None


def test_the_command_that_lists_settings_shows_stars(tmp_path: Path) -> None:
    extra = {"NFL_SIGNALS_MONITOR__NOTIFY": f"json://user:{SECRET}@h"}
    done = nfl_signals("settings", home=tmp_path, extra=extra)
    assert "monitor.notify = ********" in done.out
    assert SECRET not in done.out + done.err
