"""What a column of a dbt model means: a hash of the canonical form of all SQL that it depends on, back to the sources.

It is worked out through the scopes of each query, so that the names of CTEs and aliases, the order of columns and of CTEs,
and CTEs that nothing reads do not count. A value is what its expression is of the values that it reads; which rows there are
is what the FROM, joins, conditions, grouping, DISTINCT and LIMIT of a query say. An ASOF LEFT join, as a feature view has one
for each group, leaves the rows as they are: it counts for the columns of its own group alone, and so does every
join that finds at most one row. A model whose SQL cannot be followed counts by
its whole text.
"""

from asof.dbt_files.graph import Node
from asof.features.fingerprints.canonical import digest
from asof.features.fingerprints.columns_of_scopes import ColumnsOfScopes
from asof.features.fingerprints.forms import text_of
from asof.features.fingerprints.rows_of_scopes import RowsOfScopes
from asof.features.fingerprints.sources_of_scopes import SourcesOfScopes
from asof.features.lineage.ancestry import SNAPSHOT_COLUMNS

_SNAPSHOT_CONFIG = ("strategy", "unique_key", "updated_at", "check_cols", "hard_deletes", "dbt_valid_to_current")


class Meaning(ColumnsOfScopes, SourcesOfScopes, RowsOfScopes):
    """Answers what the columns of a graph mean, whose SQL is in the portable form of `portable.py`."""

    def fingerprint(self, node: Node, column: str) -> str:
        """The fingerprint of a column: of its values and of the rows that they stand in. 64 hexadecimal digits."""
        return digest("column", self.value(node, column), self.rows(node))

    def relation(self, node: Node) -> str:
        """The fingerprint of a relation with all of its columns and their names, in any order."""
        columns = sorted(self._ancestry.columns(node))
        return digest("relation", self.rows(node), *(f"{column} {self.value(node, column)}" for column in columns))

    def value(self, node: Node, column: str) -> str:
        """What the values of a column are, whichever rows there are."""
        name = column.lower()
        if not self._ancestry.reads(node):
            return digest(self._whole_text(node), name)
        if node.config.get("hooks"):
            return digest("hooks", repr(node.config["hooks"]), self._value(self._ancestry.query(node).root, name))
        if node.kind == "snapshot" and name in {node.snapshot_column(each).lower() for each in SNAPSHOT_COLUMNS}:
            return digest("snapshot", name, self.rows(node))
        return self._value(self._ancestry.query(node).root, name)

    def rows(self, node: Node) -> str:
        """What decides which rows a relation has."""
        if not self._ancestry.reads(node):
            return self._whole_text(node)
        rows = self._rows(self._ancestry.query(node).root)
        if node.config.get("hooks"):
            rows = digest("hooks", repr(node.config["hooks"]), rows)
        if node.kind != "snapshot":
            return rows
        config = [f"{name}={node.config.get(name)!r}" for name in _SNAPSHOT_CONFIG]
        return digest("snapshot", rows, *config)

    def _whole_text(self, node: Node) -> str:
        """What a source, a seed or a model that cannot be followed is: its text, and all that it reads."""
        key = ("text", node.id)
        if key not in self._known:
            parents = [self.relation(parent) for parent in self._ancestry.graph.parents(node)]
            self._known[key] = digest("source", node.id, node.relation[2].lower(), text_of(node), *parents)
        return self._known[key]
