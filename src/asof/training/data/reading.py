"""Reads what a run trains on: counts and hashes a training set, and brings it into memory."""

from dataclasses import dataclass
from pathlib import Path

from asof.features.signature import FeatureSchema
from asof.training.data.contents import LabelMoment, contents, label_over_time
from asof.training.data.dataset import Dataset, read_dataset
from asof.training.data.training_set import TrainingSet


@dataclass(frozen=True)
class TrainingData:
    """A dataset with where it came from: the query that gives its rows, and the label over time."""

    dataset: Dataset
    query: str
    label_over_time: list[LabelMoment]


def read_training_data(
    training_set: TrainingSet, *, extra: FeatureSchema | None = None, single: bool = False, spool: Path | None = None
) -> TrainingData:
    """The data of a training set. `extra` are columns of another version that is measured beside, `single` reads numbers as
    32-bit floats, and `spool` is a folder for what is too much for memory.

    Raises DataError when they cannot be learned from.
    """
    return TrainingData(
        dataset=read_dataset(training_set, contents(training_set), extra=extra, single=single, spool=spool),
        query=training_set.query,
        label_over_time=label_over_time(training_set),
    )
