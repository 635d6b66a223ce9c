"""The usual columns of tree pipelines, text as codes and numbers as they are: recognised, and coded without a frame.

What an encoder makes of a text it says itself, once for each distinct value. Training fits and inference scores from this.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OrdinalEncoder

from asof.warehouse.schema import FeatureSchema

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

    def takes_the_unseen(self, name: str) -> bool:
        """Whether a column's encoder, if it has one, has a code for texts that it has not seen."""
        found = self._encoder_of(name)
        return found is None or found[0].handle_unknown == "use_encoded_value"

    def categories(self, name: str) -> list[str | None]:
        """The values of a coded column that the fitted encoder knows."""
        fitted, position = self._encoder_of(name) or (None, 0)
        return [] if fitted is None else list(fitted.categories_[position])

    def _encoder_of(self, name: str) -> tuple[OrdinalEncoder, int] | None:
        """The fitted encoder of a column, and the column's place in it."""
        for key, step, names in self.transformer.transformers if self.transformer is not None else ():
            if isinstance(step, OrdinalEncoder) and name in names:
                return self.transformer.named_transformers_[key], list(names).index(name)  # type: ignore[union-attr]
        return None


def columns_and_last(estimator: Any) -> tuple[Any, Any] | None:
    """The column transformer of a pipeline, None where there is none, and its last step; None for a longer pipeline."""
    if not isinstance(estimator, Pipeline):
        return None, estimator
    steps = [step for _, step in estimator.steps]
    if len(steps) > 2:
        return None
    return (steps[0] if len(steps) == 2 else None), steps[-1]


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
