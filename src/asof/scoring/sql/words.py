"""Small pieces of SQL, in DuckDB's words; `dialects.py` writes them for other engines."""

from collections.abc import Iterable

from asof.warehouse.sql import quoted

# Beyond these a sigmoid is 0 or 1 to the last digit, and some engines raise an error for the exponential.
_LARGEST = 700


def number(value: float) -> str:
    """A double: 0.5 would be a decimal."""
    text = repr(float(value))
    return text if "e" in text else f"{text}e0"


def column(name: str) -> str:
    return quoted(name)


def total(terms: Iterable[str]) -> str:
    return " + ".join(terms) or number(0.0)


def sigmoid(margin: str) -> str:
    return f"1e0 / (1e0 + exp(-greatest(least({margin}, {number(_LARGEST)}), {number(-_LARGEST)})))"


def exponential(value: str) -> str:
    return f"exp(least(greatest({value}, {number(-_LARGEST)}), {number(_LARGEST)}))"
