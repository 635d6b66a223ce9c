"""Predictions as Parquet files beside the warehouse: `<folder>/<target>/<model>/day=2013-11-02/predictions.parquet`, days in UTC.

Files of the days that a run touches are written to `.<run_id>` before it commits, and put in their places after it. A run
that was killed between the two left its folder: the next one finishes what was committed, and removes what was not.
"""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from asof.errors import FilesError
from asof.inference.batch.table import AS_OF, PredictionTable
from asof.registry.prediction_runs import prediction_run
from asof.registry.store import Registry
from asof.warehouse.connection import Warehouse
from asof.warehouse.sql import literal

_FILE = "predictions.parquet"
_STAGED = re.compile(r"\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")  # of a run's id; other folders are the user's


@dataclass(frozen=True)
class ParquetFiles:
    """The files of one model. `run_id` is the run that writes now. Raises FilesError where they cannot be written."""

    folder: Path
    run_id: str

    @property
    def staged(self) -> Path:
        return self.folder / f".{self.run_id}"

    def stage(self, warehouse: Warehouse, table: PredictionTable, start: datetime, end: datetime) -> None:
        """Writes whole days as the transaction sees them, to be called in it."""
        source = f"{table.name_in(warehouse)} where {AS_OF} > {literal(start)} and {AS_OF} <= {literal(end)}"
        days = warehouse.rows(f"select distinct cast({AS_OF} as date) as day from {source} order by day")
        for row in days:
            path = self.staged / f"day={row['day']}" / _FILE
            with _told(path):
                path.parent.mkdir(parents=True)
            rows = f"select * from {table.name_in(warehouse)} where cast({AS_OF} as date) = date '{row['day']}'"
            warehouse.execute(f"copy ({rows} order by all) to {literal(str(path))} (format parquet)")

    def publish(self) -> None:
        """Puts staged files in their places, each at once; what is there is replaced."""
        try:
            _publish(self.staged, self.folder)
        except FilesError as error:
            raise FilesError(
                f"the predictions are committed, but not all of their files are in place: {error}"
            ) from None

    def heal(self, registry: Registry) -> None:
        """Finishes or removes what runs left that were killed."""
        for staged in sorted(path for path in self.folder.glob(".*") if _STAGED.fullmatch(path.name)):
            run = prediction_run(registry, staged.name[1:])
            if run is not None and run.status == "done":
                _publish(staged, self.folder)
            else:
                with _told(staged):
                    shutil.rmtree(staged)


def _publish(staged: Path, folder: Path) -> None:
    for path in sorted(staged.glob(f"day=*/{_FILE}")):
        target = folder / path.parent.name / _FILE
        with _told(target):
            target.parent.mkdir(exist_ok=True)
            path.replace(target)
    with _told(staged):
        shutil.rmtree(staged)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise FilesError(
            f"inference.parquet: {path} cannot be written: {error.strerror}; make room for it, and the next asof predict "
            "puts the files right"
        ) from None
