"""Lengths of time as people write them in a model spec, and in a group's `ttl`: `30 days`, `1 hour`."""

import re
from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, PlainSerializer, WithJsonSchema

_PATTERN = r"^(0|[1-9][0-9]*) (second|minute|hour|day|week)s?$"
_MAX_LENGTH = timedelta(days=36500)


def parse_duration(value: object) -> timedelta:
    """`30 days` as a timedelta. Raises ValueError for anything else than a whole number and a unit."""
    if isinstance(value, timedelta):
        return value
    found = re.match(_PATTERN, value) if isinstance(value, str) else None
    if not found:
        raise ValueError(f"{value!r} is not a length of time; write for example '30 days' or '1 hour'")
    try:
        length = timedelta(**{found[2] + "s": int(found[1])})
    except OverflowError:
        length = timedelta.max
    if length > _MAX_LENGTH:
        raise ValueError(f"{value!r} is too long; the longest is 36500 days")
    return length


def write_duration(value: timedelta) -> str:
    """The shortest text that `parse_duration` reads back."""
    seconds = int(value.total_seconds())
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1)):
        if seconds % length == 0:
            count = seconds // length
            return f"{count} {unit}{'' if count == 1 else 's'}"
    raise AssertionError("every whole number of seconds is divisible by one")


def _positive(value: timedelta) -> timedelta:
    if not value:
        raise ValueError("it must be positive")
    return value


Duration = Annotated[
    timedelta,
    BeforeValidator(parse_duration),
    PlainSerializer(write_duration),
    WithJsonSchema({"type": "string", "pattern": _PATTERN, "examples": ["30 days", "1 hour"]}),
]
PositiveDuration = Annotated[Duration, AfterValidator(_positive)]
