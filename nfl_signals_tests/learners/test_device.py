"""Claims about where a learner fits: `learners.device`."""

from typing import get_args

import pytest

from nfl_signals.core.errors import SettingsError
from nfl_signals.learners.device import Found, gpu_count, resolve
from nfl_signals.learners.protocol import Device


@pytest.mark.parametrize(
    ("setting", "available", "found"),
    [
        ("cpu", True, "cpu"),
        ("cpu", False, "cpu"),
        ("auto", True, "cuda"),
        ("auto", False, "cpu"),
        ("cuda", True, "cuda"),
    ],
)
def test_a_device_is_what_was_set_and_auto_is_what_is_there(
    setting: Device, available: bool, found: Found
) -> None:
    assert resolve(setting, available=available, missing="nothing") == found


def test_cuda_that_is_not_there_is_an_error_that_names_what_is_missing() -> None:
    with pytest.raises(SettingsError, match=r"training\.device: cuda, but the GPU left; set it"):
        resolve("cuda", available=False, missing="the GPU left")


def test_every_device_of_the_settings_is_known() -> None:
    for setting in get_args(Device):
        assert resolve(setting, available=True, missing="nothing") in get_args(Found)


def test_counting_gpus_needs_no_gpu() -> None:
    assert gpu_count() >= 0
