"""Which unfitted column transformers learn from distinct values alone, so that no frame of all rows is needed to fit them."""

from typing import Any

from sklearn.compose import ColumnTransformer
from sklearn.preprocessing import OrdinalEncoder

from asof.features.signature import FeatureSchema


def learns_from_distinct_values(transformer: Any, schema: FeatureSchema) -> bool:
    """Whether a transformer codes each text and passes on each number, so that `read_columns` knows it once it is fitted.

    None is one that passes on columns that are all numbers.
    """
    if transformer is None:
        return not schema.categorical
    if type(transformer) is not ColumnTransformer or transformer.remainder != "drop":
        return False
    if transformer.transformer_weights is not None or hasattr(transformer, "_sklearn_output_config"):
        return False
    used: list[str] = []
    for _, step, names in transformer.transformers:
        if isinstance(names, (str, slice)) or callable(names) or not all(isinstance(name, str) for name in names):
            return False
        if step == "drop":
            continue
        if not _one_by_one(step, set(names), schema):
            return False
        used += names
    return len(set(used)) == len(used)


def _one_by_one(step: Any, names: set[str], schema: FeatureSchema) -> bool:
    if step == "passthrough":
        return not names - set(schema.numeric)
    return (
        type(step) is OrdinalEncoder
        and isinstance(step.categories, str)
        and (step.min_frequency, step.max_categories) == (None, None)
        and not names - set(schema.categorical)
    )
