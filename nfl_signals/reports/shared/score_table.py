"""Score cards of several forecasters as one Markdown table."""

from typing import Any

from nfl_signals.reports.shared.markdown import between, number, share_between, table

Json = dict[str, Any]


def score_table(rows: list[Json]) -> str:
    """One row per forecaster.

    Args:
        rows: `forecaster` and what `score_card.score_card` returns.
    """
    header = ["forecaster", "n", "Brier", "log loss", "accuracy", "AUC", "calibration error"]
    cells = [
        [
            row["forecaster"],
            f"{row['n']:,}",
            between(row["brier"]),
            number(row["log_loss"]),
            share_between(row["accuracy"]),
            number(row["auc"], digits=3),
            number(row["calibration_error"], digits=3),
            number(row["calibration_error_null95"], digits=3),
            between(row["slope"], digits=2),
        ]
        for row in rows
    ]
    return table([*header, "chance", "slope"], cells)
