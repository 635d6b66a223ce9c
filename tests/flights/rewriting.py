"""Random changes of a project's compiled SQL: rewrites that mean the same, and mutations that mean something else.

    .venv/bin/python tests/flights/rewriting.py PROJECT                    200 of each, on a dbt project that was built
    .venv/bin/python tests/flights/rewriting.py PROJECT --cases 20 --seed 3

Of a rewrite no fingerprint of the view may change; of a mutation at least one must. A mutation is made where it counts: in a
condition, a join or a grouping, or in an expression that a column of the view comes from. Prints what is wrong.
"""

import argparse
import random
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import sqlglot
from sqlglot import exp

from asof import Project
from asof.features.fingerprints.compiled import ModelSQL
from asof.features.fingerprints.view_meaning import graph_of, view_meaning
from asof.features.lineage.ancestry import Ancestry
from asof.features.record import read_record

Models = dict[str, ModelSQL]


def fingerprints(models: Models, view: str, columns: list[str]) -> dict[str, str]:
    """Of every column of a feature view."""
    return dict(view_meaning(models, view, columns, "duckdb").fingerprints)


def with_sql(models: Models, model: str, sql: str) -> Models:
    """The models with another query of one of them."""
    before = models[model].sql
    head = before[: before.index("*/") + 3] if before.startswith("/* asof.snapshot") else ""
    return {**models, model: replace(models[model], sql=head + sql)}


# Rewrites: each takes a parsed query and returns it with the same meaning.


def reformatted(query: exp.Expression, rng: random.Random) -> str:
    return query.sql(dialect="duckdb", pretty=rng.random() < 0.5, identify=rng.random() < 0.5)


def with_other_aliases(query: exp.Expression, rng: random.Random) -> exp.Expression:
    """Tables and CTEs get other names, all over the query."""
    names = {cte.alias for cte in query.find_all(exp.CTE)}
    names |= {table.alias for table in query.find_all(exp.Table) if table.args.get("alias")}
    names |= {table.name for table in query.find_all(exp.Table) if not table.db and not table.args.get("alias")}
    others = {name: f"t{rng.randrange(10**6)}_{name}".lower() for name in sorted(names)}

    def renamed(node: exp.Expression) -> exp.Expression:
        if isinstance(node, exp.Table) and not node.db and node.name in others:
            node.set("this", exp.to_identifier(others[node.name]))
        if isinstance(node, (exp.Table, exp.CTE, exp.Subquery)) and node.alias in others:
            node.args["alias"].set("this", exp.to_identifier(others[node.alias]))
        if isinstance(node, exp.Column) and node.table in others:
            node.set("table", exp.to_identifier(others[node.table]))
        return node

    return query.transform(renamed)


def with_swapped_operands(query: exp.Expression, rng: random.Random) -> exp.Expression:
    def swapped(node: exp.Expression) -> exp.Expression:
        if isinstance(node, (exp.Add, exp.Mul, exp.EQ, exp.And, exp.Or)) and rng.random() < 0.5:
            left, right = node.this, node.expression
            if all(not isinstance(side, exp.Interval) for side in (left, right)):
                node.set("this", exp.paren(right.copy()) if isinstance(right, exp.Binary) else right.copy())
                node.set("expression", exp.paren(left.copy()) if isinstance(left, exp.Binary) else left.copy())
        return node

    return query.transform(swapped)


def with_other_order(query: exp.Expression, rng: random.Random) -> exp.Expression:
    """The columns of selects, where no UNION goes by their places."""
    if query.find(exp.SetOperation) is not None:
        return query
    for select in query.find_all(exp.Select):
        if not any(each.is_star for each in select.selects):
            expressions = list(select.expressions)
            rng.shuffle(expressions)
            select.set("expressions", expressions)
    return query


def passed_through(query: exp.Expression, _: random.Random) -> exp.Expression:
    """In a CTE of its own, beside one that nothing reads."""
    inner = query.sql(dialect="duckdb")
    return sqlglot.parse_one(
        f"with unread as (select 1 as one), inside as ({inner}) select * from inside", dialect="duckdb"
    )


REWRITES = (with_other_aliases, with_swapped_operands, with_other_order, passed_through)


def rewritten(sql: str, rng: random.Random) -> str:
    query = sqlglot.parse_one(sql, dialect="duckdb")
    for rewrite in rng.sample(REWRITES, rng.randrange(1, len(REWRITES) + 1)):
        query = rewrite(query, rng)
    return reformatted(query, rng)


# Mutations: the places where one may be made, each with what is done there.


def mutations(query: exp.Expression, counts: Callable[[exp.Expression], bool]) -> Iterator[Callable[[], None]]:
    other = {
        exp.GT: exp.GTE,
        exp.GTE: exp.GT,
        exp.LT: exp.LTE,
        exp.LTE: exp.LT,
        exp.EQ: exp.NEQ,
        exp.NEQ: exp.EQ,
        exp.Add: exp.Sub,
        exp.Sub: exp.Add,
        exp.Mul: exp.Div,
        exp.Sum: exp.Max,
        exp.Avg: exp.Sum,
        exp.Max: exp.Min,
        exp.Min: exp.Max,
    }
    for node in list(query.walk()):
        if not counts(node):
            continue
        if isinstance(node, exp.Literal) and not isinstance(node.parent, (exp.Cast, exp.DataTypeParam)):
            text = f"{node.name}_" if node.is_string else str(float(node.name) + 1)
            if not isinstance(node.parent, exp.Interval) or not node.is_string:
                yield lambda node=node, text=text: node.replace(exp.Literal(this=text, is_string=node.is_string))
            else:
                yield lambda node=node: node.replace(exp.Literal.string(f"1{node.name}"))
        elif type(node) in other and not (isinstance(node, exp.EQ) and isinstance(node.parent, exp.Join)):
            kind = other[type(node)]
            yield lambda node=node, kind=kind: node.replace(kind(**node.args))
        elif isinstance(node, exp.Join) and (node.side or "").upper() == "LEFT" and not node.method:
            yield lambda node=node: node.set("side", None)
        elif isinstance(node, exp.And):
            yield lambda node=node: node.replace(node.this)
        elif isinstance(node, exp.Ordered):
            yield lambda node=node: node.set("desc", not node.args.get("desc"))
        elif isinstance(node, exp.Where):
            yield lambda node=node: node.set("this", exp.true())


def mutated(sql: str, used: set[str], rng: random.Random) -> str | None:
    """The query with one mutation, None where there is no place for one."""
    query = sqlglot.parse_one(sql, dialect="duckdb")

    def counts(node: exp.Expression) -> bool:
        """In what decides on rows, or in a column of the query's own SELECT that the view reads."""
        above: exp.Expression | None = node
        while above is not None:
            if isinstance(above, (exp.Where, exp.Qualify, exp.Having, exp.Join)):
                return above.find_ancestor(exp.CTE) is None
            if above.parent is query and above.arg_key == "expressions":
                return above.alias_or_name.lower() in used
            above = above.parent
        return False

    places = list(mutations(query, counts))
    if not places:
        return None
    rng.choice(places)()
    return query.sql(dialect="duckdb")


def wrong(models: Models, view: str, columns: list[str], cases: int, seed: int) -> Iterator[str]:
    """What is wrong, in words: rewrites that changed a fingerprint, and mutations that changed none."""
    rng = random.Random(seed)
    before = fingerprints(models, view, columns)
    graph = graph_of(models.values())
    ancestry = Ancestry(graph, "duckdb", lambda _: ())
    read: dict[str, set[str]] = {}
    for column in columns:
        for id_, name in ancestry.whole(graph.nodes[view], column).columns:
            read.setdefault(id_, set()).add(name)
    queries = [each for each in models.values() if each.sql is not None]
    for number in range(cases):
        model = rng.choice(queries)
        sql = rewritten(model.sql, rng)
        after = fingerprints(with_sql(models, model.model, sql), view, columns)
        changed = sorted(column for column in before if after.get(column) != before[column])
        if changed:
            yield f"rewrite {number} of {model.name} changed {', '.join(changed[:3])}:\n{sql}"
    for number in range(cases):
        sql = None
        while sql is None:
            model = rng.choice([each for each in queries if each.model != view])
            sql = mutated(model.sql, read.get(model.model, set()), rng)
        if fingerprints(with_sql(models, model.model, sql), view, columns) == before:
            yield f"mutation {number} of {model.name} changed no fingerprint:\n{sql}"


def of_project(root: Path, view: str) -> tuple[Models, str, list[str]]:
    """The SQL on record in a project's warehouse that a view was built from, the view's id, and its columns."""
    project = Project.open(root)
    with project.warehouse(read_only=True) as warehouse:
        meta = project.view_in(warehouse, view).meta
        built = read_record(warehouse, project.registry_schema, project.target).built_from(meta.id)
        return dict(built.models), meta.id, warehouse.columns(meta.schema, meta.table)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("project", type=Path)
    parser.add_argument("--view", default="flight_delay_features")
    parser.add_argument("--cases", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    models, view, columns = of_project(given.project, given.view)
    found = list(wrong(models, view, columns, given.cases, given.seed))
    for text in found:
        print(text, end="\n\n")
    print(f"{given.cases} rewrites and {given.cases} mutations by seed {given.seed}: {len(found)} wrong")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
