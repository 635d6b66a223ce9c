"""A fitted column transformer, taken apart: what becomes of each feature, and where in the estimator's matrix it goes.

Scoring fills the matrix from this, compiling writes it as SQL, reasons are told by feature. What is not known for sure is
refused by name; then an estimator is scored from a frame, by itself.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import Pipeline

from asof.errors import CompileError
from asof.features.signature import FeatureSchema
from asof.scoring.encode.numbers import Numbers, read_numbers
from asof.scoring.encode.texts import Text, read_texts


@dataclass(frozen=True)
class Columns:
    """Features to the columns of a matrix of this width."""

    texts: list[Text]
    numbers: list[Numbers]
    width: int

    @property
    def sources(self) -> list[str]:
        """The feature that each column of the matrix is made of."""
        found = [""] * self.width
        for text in self.texts:
            for place in text.places:
                found[place] = text.feature
        for block in self.numbers:
            for place, output in zip(block.places, block.outputs, strict=True):
                found[place] = output.feature
        return found


def columns_and_last(estimator: Any) -> tuple[Any, Any]:
    """What is before the last step of a pipeline, None where nothing is, and the last step."""
    if not isinstance(estimator, Pipeline):
        return None, estimator
    *before, last = [step for _, step in estimator.steps]
    if len(before) > 1:
        return estimator[:-1], last
    return (before[0] if before else None), last


def read_columns(transformer: Any, schema: FeatureSchema, *, only_seen: bool = False) -> Columns:
    """What a fitted transformer does to the features of a schema: a ColumnTransformer, or what takes numbers alone.

    None is one that passes them on. `only_seen` is that of `read_texts`. Raises CompileError, which names what is not known.
    """
    if type(transformer) is not ColumnTransformer:
        if isinstance(transformer, Pipeline) and any(type(step) is ColumnTransformer for _, step in transformer.steps):
            raise CompileError("a Pipeline with a step between its ColumnTransformer and its estimator")
        if schema.categorical:
            raise CompileError(f"text without an encoder in a ColumnTransformer ({', '.join(schema.categorical)})")
        numbers = read_numbers(transformer, schema.names)
        return Columns([], [numbers], len(numbers.places))
    if transformer.transformer_weights is not None or hasattr(transformer, "_sklearn_output_config"):
        raise CompileError("ColumnTransformer with weights, or with an output of its own (set_output)")
    if transformer.sparse_output_:
        raise CompileError("a ColumnTransformer that gives sparse columns; set sparse_output=False on its encoders")
    texts: list[Text] = []
    blocks: list[Numbers] = []
    width = max((indices.stop for indices in transformer.output_indices_.values()), default=0)
    for name, fitted, columns in transformer.transformers_:
        indices = transformer.output_indices_[name]
        places = np.arange(indices.start, indices.stop)
        features = _names(columns, transformer, name)
        if not len(places) or (isinstance(fitted, str) and fitted == "drop"):
            continue
        if set(features) <= set(schema.categorical):
            texts += read_texts(fitted, features, places, only_seen=only_seen)
        elif set(features) <= set(schema.numeric):
            blocks.append(read_numbers(fitted, features, places))
        else:
            raise CompileError(f"the transformer '{name}' takes both text and numbers")
    return Columns(texts, blocks, width)


def _names(columns: Any, transformer: ColumnTransformer, step: str) -> list[str]:
    """Column names, however they were given."""
    known = list(transformer.feature_names_in_)
    if isinstance(columns, str):
        return [columns]
    if isinstance(columns, slice):
        raise CompileError(f"the transformer '{step}' names its columns by a slice")
    found = list(columns)
    if all(isinstance(name, str) for name in found):
        return found
    if all(isinstance(name, (bool, np.bool_)) for name in found):
        return [name for name, used in zip(known, found, strict=True) if used]
    return [known[int(place)] for place in found]
