"""The prediction table of a model: its columns, and appending to it what a version has not scored yet."""

from dataclasses import dataclass

import ibis.expr.types as ir
import pyarrow as pa

from asof.errors import DataError
from asof.inference.policy import DECISION, SCORED, decide
from asof.registry.versions import ModelVersion
from asof.warehouse.connection import Warehouse, quoted
from asof.warehouse.feature_view import FeatureView

AS_OF = "as_of"
FEATURES = "features"


@dataclass(frozen=True)
class PredictionTable:
    """`predictions.<model>`: one row per key, as_of and version. Rows are only ever added."""

    schema: str
    version: ModelVersion
    key: tuple[str, ...]

    @property
    def model(self) -> str:
        return self.version.model

    @property
    def identity(self) -> list[str]:
        return [*self.key, AS_OF]

    def check(self, warehouse: Warehouse, view: FeatureView) -> None:
        """Raises DataError when a key column has the name of a column of the table, or the table is of another form."""
        own = {name.lower() for name in self._own_columns}
        for column in self.key:
            if column.lower() in own:
                raise DataError(
                    f"model {self.model}: the spine's key column '{column}' has the name of a column of the prediction "
                    "table; rename it in the spine"
                )
        if not warehouse.has_table(self.schema, self.model):
            return
        wanted = self.columns(warehouse, view)
        found = _column_types(warehouse, warehouse.qualified(self.schema, self.model))
        for name in dict.fromkeys([*wanted, *found]):
            if wanted.get(name) != found.get(name):
                raise DataError(
                    f"{self.schema}.{self.model}: its column '{name}' is {found.get(name, 'missing')}, this version "
                    f"writes {wanted.get(name, 'no such column')}; the model's problem, its classes or its spine's key "
                    "have changed: "
                    "give the model another name, or rename the old table"
                )

    def unscored(self, warehouse: Warehouse, view: FeatureView, rows: ir.Table) -> ir.Table:
        """Of these rows of the view, those that the version has not scored yet; still lazy."""
        if not warehouse.has_table(self.schema, self.model):
            return rows
        done = warehouse.table(self.schema, self.model)
        done = done.filter(done.version == self.version.version)
        same = [rows[column] == done[column] for column in self.key]
        return rows.anti_join(done, [*same, rows[view.meta.as_of] == done[AS_OF]])

    def columns(self, warehouse: Warehouse, view: FeatureView) -> dict[str, str]:
        """The type of each column, the key's as the view has them."""
        types = _column_types(warehouse, warehouse.qualified(view.meta.schema, view.meta.table))
        return {column: types[column] for column in self.key} | self._own_columns

    @property
    def _own_columns(self) -> dict[str, str]:
        return {
            AS_OF: "TIMESTAMP WITH TIME ZONE",
            "model": "VARCHAR",
            "version": "INTEGER",
            "alias": "VARCHAR",
            **dict.fromkeys(self.version.score_columns, "DOUBLE"),
            "prediction": self._prediction,
            DECISION: "VARCHAR",
            FEATURES: "JSON",
            "run_id": "VARCHAR",
            "scored_at": "TIMESTAMP WITH TIME ZONE",
        }

    @property
    def _prediction(self) -> str:
        if self.version.problem == "multiclass":
            return "VARCHAR" if isinstance(self.version.classes[0], str) else "BIGINT"
        return "BOOLEAN" if self.version.problem == "binary" else "DOUBLE"

    def create(self, warehouse: Warehouse, view: FeatureView) -> None:
        """Creates the table where it is missing."""
        columns = [
            f"{quoted(name)} {type_}{'' if name in (DECISION, FEATURES) else ' not null'}"
            for name, type_ in self.columns(warehouse, view).items()
        ]
        columns.append(f"primary key ({', '.join(quoted(column) for column in self.identity)}, version)")
        warehouse.execute(f"create schema if not exists {warehouse.qualified(self.schema)}")
        table = warehouse.qualified(self.schema, self.model)
        warehouse.execute(f"create table if not exists {table} (\n    " + ",\n    ".join(columns) + "\n)")

    def append(self, warehouse: Warehouse, scored: pa.Table, policy: str | None, reference: str) -> None:
        """Adds scored rows, each with the policy's decision. Call it in a transaction."""
        identity = ", ".join(quoted(column) for column in self.identity)
        with warehouse.relation(SCORED, scored):
            if policy is None:
                self._insert(warehouse, f"(select *, null as {DECISION} from {SCORED})")
                return
            decisions = decide(warehouse, policy, self.identity, reference)
            self._insert(warehouse, f"{SCORED} inner join {decisions} using ({identity})")

    def _insert(self, warehouse: Warehouse, source: str) -> None:
        # JSON, since versions differ in their columns; DuckDB writes each number so that it reads back to the bit
        kept = f"case when {FEATURES} is not null then to_json({FEATURES}) end as {FEATURES}"
        table = warehouse.qualified(self.schema, self.model)
        warehouse.execute(f"insert into {table} by name select * replace ({kept}) from {source}")


def _column_types(warehouse: Warehouse, relation: str) -> dict[str, str]:
    return {row["column_name"]: row["column_type"] for row in warehouse.rows(f"describe {relation}")}
