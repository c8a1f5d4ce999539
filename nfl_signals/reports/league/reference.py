"""What real seasons look like: constants that the league is compared with.

Source: nflverse schedules 2006-2023, the 4,861 games with a result, postseason included; every one of
them has a spread and a total line. Shares are of all these games unless a comment says otherwise.
"""

REAL_SEASONS = "nflverse schedules 2006-2023"
REAL_GAMES = 4861

HOME_WINS = 0.5587  # result > 0
TIES = 0.0027  # result == 0
SPREAD_RMSE = 13.26  # points, root mean square of result - spread_line
TOTAL_RMSE = 13.39  # points, root mean square of total - total_line
SPREAD_SD = 6.07  # points, of spread_line
TOTAL_SD = 4.64  # points, of total_line
SPREAD_PUSHES = 0.0269  # result == spread_line
TOTAL_PUSHES = 0.0156  # total == total_line
COVERS = 0.4858  # result > spread_line, of the 4,730 that did not push
OVERS = 0.4940  # total > total_line, of the 4,785 that did not push
# Mean squared error of the no-vig closing moneyline, of the 4,712 untied games that have one.
CLOSE_BRIER = 0.2117

# result == spread_line where |spread_line| is that whole number (735, 312 and 160 games).
PUSHES_BY_LINE: dict[int, float] = {3: 0.0898, 7: 0.0609, 10: 0.0750}

# Share of games with |result| 0, 1, 2, ...; 3, 7, 6, 10 and 14 are the key numbers.
MARGINS: tuple[float, ...] = (
    0.0027, 0.0403, 0.0411, 0.1461, 0.0508, 0.0356, 0.0625, 0.0899, 0.0391, 0.0167, 0.0539, 0.0239,
    0.0165, 0.0241, 0.0516, 0.0163, 0.0222, 0.0321, 0.0237, 0.0109, 0.0220, 0.0276, 0.0099, 0.0123,
    0.0220, 0.0103, 0.0086, 0.0109, 0.0158,
)  # fmt: skip
KEY_NUMBERS = (3, 7, 6, 10, 14)

TOTAL_BIN = 5  # points
# Share of games with a total of 0-4, 5-9, 10-14, ... points.
TOTALS: tuple[float, ...] = (
    0.0004, 0.0023, 0.0045, 0.0158, 0.0418, 0.0632, 0.1088, 0.1162, 0.1633, 0.1278, 0.1212, 0.0880,
    0.0539, 0.0448, 0.0230, 0.0128, 0.0053, 0.0043, 0.0012, 0.0008, 0.0002,
)  # fmt: skip
