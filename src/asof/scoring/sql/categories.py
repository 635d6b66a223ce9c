"""scikit-learn's histogram trees code categories once more by themselves, and put them first; here that is undone."""

from dataclasses import replace
from typing import Any

import numpy as np

from asof.errors import CompileError
from asof.scoring.encode.columns import Columns


def remapped(columns: Columns, last: Any) -> Columns:
    """The columns as the trees of an estimator see them."""
    inner = getattr(last, "_preprocessor", None)
    if inner is None:
        return columns
    categorical = np.flatnonzero(last.is_categorical_)
    order = [*categorical, *np.flatnonzero(~np.asarray(last.is_categorical_))]
    place_of = np.empty(len(order), dtype=int)
    place_of[order] = np.arange(len(order))
    encoder = inner.named_transformers_["encoder"]
    known = dict(zip(categorical, encoder.categories_, strict=True))
    for block in columns.numbers:
        for place, output in zip(block.places, block.outputs, strict=True):
            if place in known:
                raise CompileError(f"numbers as categories ({output.feature})")
    texts = []
    for text in columns.texts:
        table = text.table.copy()
        for n, place in enumerate(text.places):
            if place in known:
                table[:, n] = [_code(value, known[place]) for value in table[:, n]]
        texts.append(replace(text, table=table, places=place_of[text.places]))
    numbers = [replace(block, places=place_of[block.places]) for block in columns.numbers]
    return Columns(texts, numbers, columns.width)


def _code(value: float, known: np.ndarray) -> float:
    """The position of a value among the categories, NaN for others."""
    found = np.flatnonzero(known == value)
    return float(found[0]) if len(found) else float("nan")
