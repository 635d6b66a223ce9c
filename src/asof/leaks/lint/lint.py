"""Reads every feature view of a graph: each feature by each rule, then what the project waives."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from sqlglot import exp

from asof.dbt_files.graph import Node, ViewParts
from asof.features.lineage.ancestry import Ancestry
from asof.leaks.lint.buckets import buckets
from asof.leaks.lint.gates import gates
from asof.leaks.lint.incremental import deciding_by_their_own_rows
from asof.leaks.lint.knowledge import not_known_yet
from asof.leaks.lint.labels import labels
from asof.leaks.lint.rules import NEW_BY_OWN_ROWS, NOT_FOLLOWED, RULES, SOURCE_NOT_GATED, Finding, Rule
from asof.leaks.lint.state import aggregates, current_state, snapshot_known_at, volatile
from asof.leaks.lint.subject import Subject, subjects
from asof.leaks.lint.view import outsiders
from asof.leaks.lint.waivers import check_waivers
from asof.leaks.lint.windows import Hit, windows

CHECKS: tuple[Callable[[Subject], Iterator[Hit]], ...] = (
    not_known_yet,
    labels,
    windows,
    buckets,
    volatile,
    current_state,
    snapshot_known_at,
    aggregates,
)


def lint_view(parts: ViewParts, ancestry: Ancestry, now: datetime) -> list[Finding]:
    """What is wrong with a feature view, the waived among it. `now` is the present with which the SQL was compiled.

    Raises ProjectError when a query cannot be read or a waiver names no rule or gives no reason.
    """
    for node in ancestry.graph.ancestors(parts.view):
        check_waivers(node)
    findings: dict[tuple[str, str, str], Finding] = {}

    def report(rule: Rule, node: Node, expression: exp.Expression | str, feature: str) -> None:
        sql = expression if isinstance(expression, str) else _short(expression)
        found = findings.setdefault((rule.name, node.id, sql), _finding(rule, parts.view, node, sql))
        if feature not in found.features:
            found.features.append(feature)

    for rule, feature, expression in outsiders(parts, ancestry):
        report(rule, parts.view, expression, feature)
    readers: dict[str, list[str]] = {}
    for rule, node, text in _whole_models(parts, ancestry):
        report(rule, node, text, "all that it gives")
    for subject in subjects(parts, ancestry, now):
        for rule, node, expression in _hits(subject):
            report(rule, node, expression, subject.feature)
        for id_ in subject.values.node_ids() | subject.known.node_ids():
            readers.setdefault(id_, []).append(subject.feature)
    for node, source, feature in _not_gated(readers, ancestry, now):
        report(SOURCE_NOT_GATED, node, f"from {source}", feature)
    order = list(RULES)
    return sorted(
        findings.values(), key=lambda found: (found.severity, order.index(found.rule), found.model, found.sql)
    )


def _whole_models(parts: ViewParts, ancestry: Ancestry) -> Iterator[tuple[Rule, Node, str]]:
    """Findings about a whole model: projections without column names, and incremental models that query their own table."""
    for node in ancestry.graph.ancestors(parts.view):
        if ancestry.reads(node):
            for projection in ancestry.query(node).unnamed:
                yield NOT_FOLLOWED, node, projection
    for node, text in deciding_by_their_own_rows(parts, ancestry):
        yield NEW_BY_OWN_ROWS, node, text


def _hits(subject: Subject) -> Iterator[tuple[Rule, Node, exp.Expression | str]]:
    """What each rule finds on a feature's way, and what could not be followed."""
    for check in CHECKS:
        for rule, place, expression in check(subject):
            yield rule, place.node, expression
    for id_, column in {**subject.values.lost, **subject.known.lost}:
        yield NOT_FOLLOWED, subject.ancestry.graph.nodes[id_], column


def _not_gated(readers: Mapping[str, list[str]], ancestry: Ancestry, now: datetime) -> Iterator[tuple[Node, str, str]]:
    """The models that read sources and compare no time with the present, with those, for each feature made of them."""
    for id_, features in readers.items():
        node = ancestry.graph.nodes[id_]
        sources = [parent.name for parent in ancestry.graph.parents(node) if parent.kind == "source"]
        # a snapshot cannot hide rows, and is rewound by the times that it keeps
        if sources and ancestry.reads(node) and node.kind != "snapshot" and not gates(ancestry, node, now):
            for feature in features:
                yield node, ", ".join(sources), feature


def _finding(rule: Rule, view: Node, node: Node, sql: str) -> Finding:
    return Finding(
        rule.name,
        rule.severity,
        view.name,
        node.name,
        node.path,
        sql,
        features=[],
        wrong=rule.wrong,
        remedy=rule.remedy,
        waived=(node.meta.get("waive") or {}).get(rule.name),
    )


def _short(expression: exp.Expression) -> str:
    copy = expression.copy()
    for column in copy.find_all(exp.Column):
        column.set("table", None)
    copy.comments = None
    text = " ".join(copy.sql(dialect="duckdb", comments=False).split())
    return text if len(text) <= 160 else text[:159] + "…"
