"""Progress reaches whoever listens, and only while they listen."""

import pytest

from nfl_signals.core.progress import listening, report, steps


def test_each_finished_item_is_reported_with_what_and_how_many() -> None:
    reported: list[tuple[str, int, int]] = []
    with listening(lambda *news: reported.append(news)):
        assert list(steps(["a", "b"], "files")) == ["a", "b"]
    assert reported == [("files", 1, 2), ("files", 2, 2)]


def test_an_item_in_work_is_not_reported_as_done() -> None:
    reported: list[tuple[str, int, int]] = []
    with listening(lambda *news: reported.append(news)):
        walk = steps(["a", "b"], "files")
        next(walk)
        assert reported == []
        next(walk)
        assert reported == [("files", 1, 2)]


def test_nobody_listening_costs_nothing_and_breaks_nothing() -> None:
    report("files", 1, 1)
    assert list(steps([], "files")) == []


def test_the_inner_listener_gets_reports_until_its_block_ends() -> None:
    outer: list[str] = []
    inner: list[str] = []
    with listening(lambda what, *_: outer.append(what)):
        with listening(lambda what, *_: inner.append(what)):
            report("inside", 1, 1)
        report("outside", 1, 1)
    assert (inner, outer) == (["inside"], ["outside"])


def test_a_listener_is_let_go_when_its_block_fails() -> None:
    reported: list[str] = []
    with pytest.raises(RuntimeError), listening(lambda what, *_: reported.append(what)):  # noqa: PT012
        report("before", 1, 1)
        raise RuntimeError
    report("after", 1, 1)
    assert reported == ["before"]
