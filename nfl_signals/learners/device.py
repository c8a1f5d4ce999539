"""Where a learner that can use a GPU fits: the setting, against what is there."""

import ctypes
from typing import Literal

from nfl_signals.core.errors import SettingsError
from nfl_signals.learners.protocol import Device

Found = Literal["cpu", "cuda"]


def resolve(setting: Device, *, available: bool, missing: str) -> Found:
    """The device to fit on; SettingsError, saying what is `missing`, for cuda where there is none.

    Example:
        >>> resolve("auto", available=False, missing="no GPU")
        'cpu'
    """
    if setting == "cpu" or (setting == "auto" and not available):
        return "cpu"
    if not available:
        raise SettingsError(f"training.device: cuda, but {missing}; set it to auto or cpu.")
    return "cuda"


def gpu_count() -> int:
    """GPUs that NVIDIA's driver shows this process; 0 without a driver."""
    # By the driver's cuInit and cuDeviceGetCount: xgboost falls back to the CPU with a mere warning.
    try:
        driver = ctypes.CDLL("libcuda.so.1")
    except OSError:
        return 0
    count = ctypes.c_int(0)
    if driver.cuInit(0) != 0 or driver.cuDeviceGetCount(ctypes.byref(count)) != 0:
        return 0
    return count.value
