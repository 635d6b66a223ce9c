from datetime import timedelta

import pytest

from asof.durations import parse_duration, write_duration


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("30 days", timedelta(days=30)),
        ("1 day", timedelta(hours=24)),
        ("1 week", timedelta(days=7)),
        ("90 minutes", timedelta(seconds=5400)),
        ("45 seconds", timedelta(seconds=45)),
        ("0 days", timedelta(0)),
    ],
)
def test_reads_a_number_and_a_unit(text, length):
    assert parse_duration(text) == length


@pytest.mark.parametrize("text", ["30", "-1 day", "1.5 days", "1 month", "day", "01 days", "1 day ", 30, None])
def test_refuses_anything_else(text):
    with pytest.raises(ValueError, match=r"is not a length of time; write for example '30 days'"):
        parse_duration(text)


def test_writes_the_shortest_text():
    assert write_duration(timedelta(days=7)) == "7 days"
    assert write_duration(timedelta(days=1)) == "1 day"
    assert write_duration(timedelta(hours=36)) == "36 hours"
    assert write_duration(timedelta(minutes=90)) == "90 minutes"
    assert write_duration(timedelta(seconds=90)) == "90 seconds"
    assert write_duration(timedelta(0)) == "0 days"
