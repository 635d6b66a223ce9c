"""A model version as a vectorised function in DuckDB: `asof_score_<model>_v<version>(feature, ...)`, in any query of the
connection that it is registered in.

DuckDB calls it with at most 2,048 rows, from several threads. It hides what a Python function raises in an error of its
own; what was raised first is kept here.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from inspect import Parameter, Signature
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa

from asof.features.signature import FeatureSchema
from asof.warehouse.sql import quoted

if TYPE_CHECKING:
    from asof.scoring.scorer import Scorer  # brings XGBoost, which dbt need not wait for


def function_name(model: str, version: int, role: str = "score") -> str:
    return f"asof_{role}_{model}_v{version}"


class Function:
    """A Python function of Arrow columns, made known to DuckDB under a name while the block lasts, or for good."""

    def __init__(self, name: str, schema: FeatureSchema, returns: str, compute: Callable[[Sequence[Any]], Any]) -> None:
        self.name, self.schema, self.returns = name, schema, returns
        self.compute = compute
        self.error: BaseException | None = None

    @classmethod
    def of_scores(cls, name: str, schema: FeatureSchema, returns: str, scorer: Callable[[], "Scorer"]) -> "Function":
        """One that scores. `scorer` is asked for with the first rows, so that what is never called is never loaded."""
        return cls(name, schema, returns, lambda columns: scores_in_arrow(scorer().scores(columns)))

    def call(self, table: str = "") -> str:
        """The call in SQL, with the features of a table or of the only one."""
        columns = (quoted(*([table] if table else []), name) for name in self.schema.names)
        return f"{self.name}({', '.join(columns)})"

    @contextmanager
    def known_to(self, connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
        """Registers it for the length of the block, and raises what it has raised instead of DuckDB's words for it."""
        self.error = None
        self.register(connection)
        try:
            yield
        except (duckdb.Error, RuntimeError) as error:
            if self.error is None:
                raise
            raise self.error from error
        finally:
            self.remove(connection)

    def register(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Takes the place of a function of the same name."""

        def called(*columns: Any) -> Any:
            try:
                return self.compute([_one_array(column) for column in columns])
            except BaseException as error:
                self.error = self.error or error
                raise

        # DuckDB counts the parameters
        called.__signature__ = Signature(  # type: ignore[attr-defined]
            [Parameter(f"p{number}", Parameter.POSITIONAL_ONLY) for number in range(len(self.schema.names))]
        )
        self.remove(connection)
        types = [feature.duckdb_type for feature in self.schema.features]
        connection.create_function(  # type: ignore[call-overload]
            self.name, called, types, self.returns, type="arrow", null_handling="special"
        )

    def remove(self, connection: duckdb.DuckDBPyConnection) -> None:
        with suppress(duckdb.InvalidInputException):  # it was not there
            connection.remove_function(self.name)


def score_type(classes: int) -> str:
    """What the function returns in DuckDB's words: a number, or a list of one for each class."""
    return "DOUBLE[]" if classes else "DOUBLE"


def scores_in_arrow(scores: Any) -> pa.Array:
    """Scores of shape (rows,) or (rows, classes) as what the function returns, `score_type`."""
    if scores.ndim == 1:
        return pa.array(scores, pa.float64())
    rows, classes = scores.shape
    return pa.ListArray.from_arrays(
        pa.array(range(0, rows * classes + 1, classes), pa.int32()), pa.array(scores.ravel())
    )


def _one_array(column: Any) -> Any:
    if not isinstance(column, pa.ChunkedArray):
        return column
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
