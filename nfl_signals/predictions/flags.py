"""What the calibration flag of a forecast tells a person."""

FLAG_WORDS = {
    "ok": "ok",
    "info": "info: watch it",
    "warning": "warning: lean less on it",
    "critical": "critical: do not lean on it",
    "unmonitored": "not judged yet",
}
