"""Lints the feature views of a project: compiles them with dbt and reads what came of it."""

import tempfile
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from asof.dbt_files.graph import Graph, Node
from asof.dbt_files.manifest import read_graph
from asof.errors import ProjectError, did_you_mean
from asof.features.lineage.ancestry import Ancestry
from asof.features.lineage.query import dialect_of
from asof.leaks.lint.lint import lint_view
from asof.leaks.lint.rules import Finding
from asof.leaks.lint.waivers import unused_waivers
from asof.progress import Progress, Silent
from asof.project import Project, project_of


@dataclass(frozen=True)
class LintResult:
    """What was found in the feature views that were read, and the waivers (model, rule) that waive nothing."""

    views: list[str]
    features: int
    findings: list[Finding]
    unused_waivers: list[tuple[str, str]]

    def count(self, severity: str) -> int:
        """The findings of a severity that are not waived."""
        return sum(found.severity == severity and not found.waived for found in self.findings)


def lint(views: Iterable[str] = (), project: Project | None = None, *, progress: Progress | None = None) -> LintResult:
    """Lints these feature views, all of them where none is named. The warehouse is asked for columns, never for rows.

    Raises ProjectError when a view is unknown, dbt fails, or its SQL cannot be read.
    """
    project = project_of(project, "lint(views, project)", views)
    progress = progress or Silent()
    progress.step("compiling")
    now = project.clock.now()
    named = list(views)
    chosen = [f"+{name}" for name in named] or ["*"]
    with tempfile.TemporaryDirectory() as folder, project.running_dbt(Path(folder)) as dbt:
        if project.target.adapter == "duckdb":
            with project.warehouse(read_only=True):
                pass  # waits for whoever writes to it, which dbt would not
        graph = read_graph(dbt.run("compile", now, Path(folder), select=chosen, exclude=("test", "unit_test")))
    wanted = named or sorted(view.name for view in graph.views)
    if not wanted:
        raise ProjectError(
            f"dbt project {project.dbt_dir.name} has no feature view; one says role: feature_view in its meta.asof"
        )
    with ExitStack() as stack:
        ancestry = Ancestry(graph, dialect_of(project.target.adapter), _columns(project, graph, stack))
        findings, seen, features = [], [], 0
        for name in wanted:
            progress.step(f"reading {name}")
            parts = graph.view(name)
            findings += lint_view(parts, ancestry, now)
            seen += graph.ancestors(parts.view)
            features += len(ancestry.columns(parts.view))
    return LintResult(wanted, features, findings, unused_waivers(dict.fromkeys(seen), findings))


def _columns(project: Project, graph: Graph, stack: ExitStack) -> Callable[[Node], list[str]]:
    """Where the columns of sources and seeds are asked for: in the warehouse, or on other engines in their YAML."""
    if project.target.adapter != "duckdb":
        return _described
    warehouse = stack.enter_context(project.warehouse(read_only=True))

    def built(node: Node) -> list[str]:
        _, schema, table = node.relation
        found = warehouse.rows(
            "select column_name from information_schema.columns "
            "where lower(table_catalog) = lower(?) and lower(table_schema) = lower(?) and lower(table_name) = lower(?) "
            "order by ordinal_position",
            [warehouse.catalog, schema, table],
        )
        if not found and node.columns:
            return list(node.columns)
        if not found:
            names = [other.name for other in graph.nodes.values() if other.kind == node.kind]
            raise ProjectError(
                f"{node.kind} {node.name}: there is no table {schema}.{table} in the warehouse"
                f"{did_you_mean(table, set(names) - {node.name})}; load it, or for a seed run: dbt seed"
            )
        return [row["column_name"] for row in found]

    return built


def _described(node: Node) -> list[str]:
    if not node.columns:
        raise ProjectError(
            f"{node.kind} {node.name}: its YAML describes no columns, and on this engine asof reads them there; "
            "add columns: [{name: ...}]"
        )
    return list(node.columns)
