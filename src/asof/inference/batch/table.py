"""The prediction table of a model: its columns, and adding to it what was scored."""

from dataclasses import dataclass

from asof.errors import DataError
from asof.features.view import FeatureView
from asof.inference.decide.policy import DECISION
from asof.registry.model_version import ModelVersion
from asof.warehouse.connection import Warehouse
from asof.warehouse.sql import quoted

AS_OF = "as_of"
FEATURES = "features"
FEATURES_HASH = "features_hash"

# Columns that came later; a table of before gets them with its next rows.
GONE_AT = "gone_at"
_LATER = {"reasons", FEATURES_HASH, "hindsight", GONE_AT}
_NULLABLE = {DECISION, FEATURES, *_LATER}


@dataclass(frozen=True)
class PredictionTable:
    """`predictions.<model>`: one row per key, as_of and version.

    It has no primary key: its index would have to fit into memory with every row ever scored. Keys are checked before they
    are written, and there is one writer.
    """

    schema: str
    version: ModelVersion
    key: tuple[str, ...]

    @property
    def model(self) -> str:
        return self.version.model

    def name_in(self, warehouse: Warehouse) -> str:
        """Its name in SQL."""
        return warehouse.qualified(self.schema, self.model)

    def is_in(self, warehouse: Warehouse) -> bool:
        return warehouse.has_table(self.schema, self.model)

    @classmethod
    def upgrade(cls, warehouse: Warehouse, schema: str, model: str) -> None:
        """Gives the table of an older asof today's name for the column of hashes, which it called `fingerprint`."""
        columns = warehouse.columns(schema, model)
        if "fingerprint" in columns and FEATURES_HASH not in columns:
            table = warehouse.qualified(schema, model)
            warehouse.execute(f"alter table {table} rename column {quoted('fingerprint')} to {quoted(FEATURES_HASH)}")

    def check(self, warehouse: Warehouse, view: FeatureView) -> None:
        """Raises DataError when a key column has the name of a column of the table, or the table is of another form."""
        own = {name.lower() for name in self._own_columns}
        for column in self.key:
            if column.lower() in own:
                raise DataError(
                    f"model {self.model}: the spine's key column '{column}' has the name of a column of the prediction "
                    "table; rename it in the spine"
                )
        if not self.is_in(warehouse):
            return
        wanted = self.columns(warehouse, view)
        found = _column_types(warehouse, self.name_in(warehouse))
        for name in dict.fromkeys([*wanted, *found]):
            if wanted.get(name) != found.get(name) and not (name in _LATER and name not in found):
                raise DataError(
                    f"{self.schema}.{self.model}: its column '{name}' is {found.get(name, 'missing')}, this version "
                    f"writes {wanted.get(name, 'no such column')}; the model's problem, its classes or its spine's key "
                    "have changed: "
                    "give the model another name, or rename the old table"
                )

    def columns(self, warehouse: Warehouse, view: FeatureView) -> dict[str, str]:
        """The type of each column, the key's as the view has them."""
        types = self.view_types(warehouse, view)
        return {column: types[column] for column in self.key} | self._own_columns

    def view_types(self, warehouse: Warehouse, view: FeatureView) -> dict[str, str]:
        """The type of each column of the view, in DuckDB's words."""
        return _column_types(warehouse, warehouse.qualified(view.meta.schema, view.meta.table))

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
            "reasons": "JSON",
            FEATURES: "JSON",
            FEATURES_HASH: "UBIGINT",
            "hindsight": "BOOLEAN",
            "run_id": "VARCHAR",
            "scored_at": "TIMESTAMP WITH TIME ZONE",
            GONE_AT: "TIMESTAMP WITH TIME ZONE",
        }

    @property
    def _prediction(self) -> str:
        if self.version.problem == "multiclass":
            return "VARCHAR" if isinstance(self.version.classes[0], str) else "BIGINT"
        return "BOOLEAN" if self.version.problem == "binary" else "DOUBLE"

    def create(self, warehouse: Warehouse, view: FeatureView) -> None:
        """Creates the table where it is missing, and in an older one the columns that came later."""
        columns = self.columns(warehouse, view)
        wanted = [
            f"{quoted(name)} {type_}{'' if name in _NULLABLE else ' not null'}" for name, type_ in columns.items()
        ]
        warehouse.execute(f"create schema if not exists {warehouse.qualified(self.schema)}")
        table = self.name_in(warehouse)
        warehouse.execute(f"create table if not exists {table} (\n    " + ",\n    ".join(wanted) + "\n)")
        for name in sorted(_LATER - set(warehouse.columns(self.schema, self.model))):
            warehouse.execute(f"alter table {table} add column {quoted(name)} {columns[name]}")

    def has_hashes(self, warehouse: Warehouse) -> bool:
        """Whether it is there, and not from before rows had them."""
        return FEATURES_HASH in warehouse.columns(self.schema, self.model)

    def insert(self, warehouse: Warehouse, select: str) -> int:
        """Adds the rows of a SELECT, by the names of its columns, and counts them. Call it in a transaction."""
        return int(warehouse.value(f"insert into {self.name_in(warehouse)} by name\n{select}"))


def _column_types(warehouse: Warehouse, relation: str) -> dict[str, str]:
    return {row["column_name"]: row["column_type"] for row in warehouse.rows(f"describe {relation}")}
