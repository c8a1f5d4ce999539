"""Claims about reading blends back: `stacker.files`."""

import json
from pathlib import Path

import pytest

from nfl_signals.core.errors import InputError, IntegrityError
from nfl_signals.stacking.files import load_stack


def test_a_kind_that_this_version_does_not_know_is_refused_by_name(tmp_path: Path) -> None:
    file = tmp_path / "stack.json"
    file.write_text(json.dumps({"kind": "oracle", "inputs": ["market"]}))
    with pytest.raises(IntegrityError, match=r"stack\.json: a stack of kind 'oracle'.*retrain"):
        load_stack(file)


@pytest.mark.parametrize("content", [None, "", "{", "not json"])
def test_a_missing_or_broken_file_is_named(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "stack.json"
    if content is not None:
        file.write_text(content)
    with pytest.raises(InputError, match=r"stack\.json: (cannot be read as JSON|not there yet)"):
        load_stack(file)
