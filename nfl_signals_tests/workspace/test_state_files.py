"""Files that a home remembers itself by: of another shape, each is named with what to do."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from nfl_signals.alerts.outbox import read_outbox
from nfl_signals.core.errors import IntegrityError, NflSignalsError
from nfl_signals.core.files import write_text
from nfl_signals.core.paths import Paths
from nfl_signals.registry import decision_log
from nfl_signals.registry.model_card import read_card
from nfl_signals.workspace.data_home import holder, stored_league
from nfl_signals.workspace.last_run import as_last_run

VERSION = "v202409"
CARD = {"model_version": VERSION, "model_hash": "5f", "feature_version": "3f"}
UNLIKE_CARDS: list[dict[str, object]] = [
    {"model_hash": None},
    {"training_window": 5},
    {"training_window": {"last": 202409}},
]
SHAPES = ["[]", "5", "null", '"text"', "text", "[{}]", "\udcff", ""]
"""No object at all."""

READERS: dict[str, tuple[Callable[[Paths], object], list[object]]] = {
    "data/run.json": (
        lambda paths: as_last_run(home=str(paths.home)),
        [{"seasons": 5}, {"given_as_of": ["x"]}, {"given_as_of": "Tuesday"}, {"seasons": "x-"}],
    ),
    "data/data_home.json": (holder, [{}, {"data_home": None}, {"data_home": []}]),
    "data/simulated/release/league.json": (
        stored_league,
        [{}, {"seed": 5}, {"seed": "5", "as_of": "2024-11-05"}, {"seed": 5, "as_of": "Tuesday"}],
    ),
    f"models/ensemble/{VERSION}/card.json": (
        lambda paths: read_card(paths.ensemble(VERSION)),
        [{}, *(CARD | other for other in UNLIKE_CARDS)],
    ),
    "models/history.jsonl": (lambda paths: decision_log.read(paths.history), [{}, {"at": 5}]),
    "data/analysis/deliveries.jsonl": (lambda paths: read_outbox(paths.deliveries), [{}, {"a": 1}]),
}
CASES = [
    (name, content)
    for name, (_, others) in READERS.items()
    for content in [*SHAPES, *map(json.dumps, others)]
    if content or not name.endswith(".jsonl")  # without a line they are empty
]


@pytest.mark.parametrize(("name", "content"), CASES)
def test_a_file_of_another_shape_is_named_in_one_line(
    name: str, content: str, tmp_path: Path
) -> None:
    file = tmp_path / name
    file.parent.mkdir(parents=True)
    file.write_bytes(content.encode(errors="surrogateescape"))
    reader, _ = READERS[name]
    with pytest.raises(NflSignalsError) as caught:
        reader(Paths(tmp_path))
    told = str(caught.value)
    assert "\n" not in told
    # A date or season that no setting can be is told as that setting's error.
    assert str(file) in told or told.startswith(f"settings ({tmp_path}/signals.yaml")
    sealed = name.endswith(".jsonl")
    assert isinstance(caught.value, IntegrityError) == sealed
    assert caught.value.exit_code == (1 if sealed else 2)


def test_what_a_run_writes_is_read(tmp_path: Path) -> None:
    paths = Paths(tmp_path)
    write_text(paths.run_record, '{"seasons": null, "given_as_of": "2023-11-14T00:00:00+00:00"}')
    write_text(paths.league, '{"seed": 5, "as_of": "2024-11-05T14:00:00+00:00"}')
    assert as_last_run(home=str(tmp_path)).as_of is not None
    assert stored_league(paths)["as_of"].isoformat() == "2024-11-05T14:00:00+00:00"
