"""The usual columns of tree pipelines, text as codes and numbers as they are: recognised, and coded without a frame.

What an encoder makes of a text it says itself, once for each distinct value. Training fits from this.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.preprocessing import OrdinalEncoder

from asof.features.signature import FeatureSchema

Encode = Callable[[list[str | None]], np.ndarray]


@dataclass(frozen=True)
class CodedColumns:
    """The columns in the order in which an estimator gets them; `transformer` makes them, where there is one."""

    transformer: ColumnTransformer | None
    names: list[str]

    def encoder(self, name: str) -> Encode | None:
        """How a fitted transformer codes values of a column; None where it passes them on."""
        found = self._encoder_of(name)
        return None if found is None else lambda values: _codes(*found, values)

    def _encoder_of(self, name: str) -> tuple[OrdinalEncoder, int] | None:
        """The fitted encoder of a column, and the column's place in it."""
        for key, step, names in self.transformer.transformers if self.transformer is not None else ():
            if isinstance(step, OrdinalEncoder) and name in names:
                return self.transformer.named_transformers_[key], list(names).index(name)  # type: ignore[union-attr]
        return None


def coded_columns(transformer: Any, schema: FeatureSchema) -> CodedColumns | None:
    """A column transformer that codes each text and passes on each number, and looks at nothing but distinct values.

    None is one for columns that are all numbers.
    """
    if transformer is None:
        return None if schema.categorical else CodedColumns(None, schema.names)
    if type(transformer) is not ColumnTransformer or transformer.remainder != "drop":
        return None
    if transformer.transformer_weights is not None or hasattr(transformer, "_sklearn_output_config"):
        return None
    for _, step, names in transformer.transformers:
        if isinstance(names, (str, slice)) or callable(names) or not all(isinstance(name, str) for name in names):
            return None
        if not (step == "drop" or _one_by_one(step, set(names), schema)):
            return None
    used = [name for _, step, names in transformer.transformers if step != "drop" for name in names]
    return CodedColumns(transformer, used) if len(set(used)) == len(used) else None


def _one_by_one(step: Any, names: set[str], schema: FeatureSchema) -> bool:
    if step == "passthrough":
        return not names - set(schema.numeric)
    return (
        type(step) is OrdinalEncoder
        and isinstance(step.categories, str)
        and (step.min_frequency, step.max_categories) == (None, None)
        and not names - set(schema.categorical)
    )


def _codes(encoder: OrdinalEncoder, position: int, values: list[str | None]) -> np.ndarray:
    """Codes of these values of one of an encoder's columns, shape (values,)."""
    known = [list(categories[:1]) * len(values) for categories in encoder.categories_]
    known[position] = values
    names = list(encoder.feature_names_in_)
    frame = pd.DataFrame({name: pd.Series(each, dtype=object) for name, each in zip(names, known, strict=True)})
    codes: np.ndarray = np.asarray(encoder.transform(frame), dtype=np.float64)[:, position]
    return codes
