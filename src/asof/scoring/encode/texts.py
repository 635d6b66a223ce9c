"""What fitted encoders make of columns of text: a table for each, asked from the encoder itself, one value at a time."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder

from asof.errors import CompileError

UNSEEN = "\x00 no category has this name"


@dataclass(frozen=True)
class Text:
    """A column of text and the columns that come of it, at these places of the matrix.

    `table` has a row for each of `values`, then one for any other text, then one for NULL; float64. Of `UNSEEN` and NULL those
    that the encoder refuses are in `refused`, and their rows mean nothing.
    """

    feature: str
    values: list[str]
    table: np.ndarray = field(repr=False)
    places: np.ndarray = field(repr=False)
    refused: frozenset[str | None] = frozenset()

    @property
    def unseen(self) -> np.ndarray:
        return self.table[-2]

    @property
    def null(self) -> np.ndarray:
        return self.table[-1]


def read_texts(transformer: Any, features: list[str], places: np.ndarray, *, only_seen: bool = False) -> list[Text]:
    """What a fitted transformer makes of these features, each by itself.

    With `only_seen` it may refuse texts that it was not fitted on. It is then the caller's to keep them out
    (`Matrix.refuse_unknown`).

    Raises CompileError, which names it, for a transformer that is not known, or that refuses texts it has not seen.
    """
    known = _categories(transformer, len(features), only_seen=only_seen)
    refused = _refused(transformer, len(features)) if only_seen else [set()] * len(features)
    probes = [[*values, UNSEEN, None] for values in known]
    taken = [next(value for value in probe if value not in no) for probe, no in zip(probes, refused, strict=True)]

    def ask(changed: int) -> np.ndarray:
        """What comes out when one feature takes each of its values, and the others their first."""
        probe = [taken[changed] if value in refused[changed] else value for value in probes[changed]]
        count = len(probe)
        values = [probe if place == changed else [first] * count for place, first in enumerate(taken)]
        columns = {name: pd.Series(each, dtype=object) for name, each in zip(features, values, strict=True)}
        found = transformer.transform(pd.DataFrame(columns))
        # a ColumnTransformer that is not sparse as a whole makes its sparse parts dense
        return np.asarray(found.toarray() if hasattr(found, "toarray") else found, dtype=np.float64)

    texts, left = [], np.ones(len(places), dtype=bool)
    for place, feature in enumerate(features):
        answers = ask(place)
        moved = ~np.all(_same(answers, answers[0]), axis=0)
        texts.append(Text(feature, known[place], answers[:, moved], places[moved], frozenset(refused[place])))
        left &= ~moved
    if left.any():  # columns that are the same whatever the text
        constant = ask(0)[:, left]
        texts[0] = Text(
            features[0],
            known[0],
            np.hstack([texts[0].table, constant]),
            np.concatenate([texts[0].places, places[left]]),
            texts[0].refused,
        )
    return texts


def _refused(transformer: Any, width: int) -> list[set[str | None]]:
    """Of the texts that are asked for, those that a fitted transformer refuses, for each of its columns."""
    refused: list[set[str | None]] = [set() for _ in range(width)]
    for step in [step for _, step in transformer.steps] if isinstance(transformer, Pipeline) else [transformer]:
        if getattr(step, "handle_unknown", None) == "error":
            for place, values in enumerate(step.categories_):
                has_null = any(not isinstance(value, str) for value in values)
                refused[place] |= {UNSEEN} if has_null else {UNSEEN, None}
    return refused


def _same(answers: np.ndarray, reference: np.ndarray) -> np.ndarray:
    return (answers == reference) | (np.isnan(answers) & np.isnan(reference))


def _categories(transformer: Any, width: int, *, only_seen: bool) -> list[list[str]]:
    """The values that a fitted transformer knows, for each of its columns; what it makes of others it is asked later."""
    steps = [step for _, step in transformer.steps] if isinstance(transformer, Pipeline) else [transformer]
    known: list[set[str]] = [set() for _ in range(width)]
    for step in steps:
        if type(step) is SimpleImputer and not step.add_indicator and step.missing_values is None:
            for place, value in enumerate(step.statistics_):
                known[place] |= {value} if isinstance(value, str) else set()
        elif type(step) in (OneHotEncoder, OrdinalEncoder):
            if step.handle_unknown == "error" and not only_seen:
                raise CompileError(f"{type(step).__name__} with handle_unknown='error'")
            for place, values in enumerate(step.categories_):
                known[place] |= {value for value in values if isinstance(value, str)}
        else:
            raise CompileError(f"{type(step).__name__} for text")
    if not any(type(step) in (OneHotEncoder, OrdinalEncoder) for step in steps):
        raise CompileError(f"{type(steps[-1]).__name__} alone for text")
    return [sorted(values) for values in known]
