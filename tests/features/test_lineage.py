"""Column lineage against answers that were worked out by reading the SQL."""

import pytest

from asof.dbt_files.graph import Graph, Node
from asof.features.lineage.ancestry import Ancestry
from asof.features.lineage.query import ROWS

SOURCES = {"a": ["id", "x", "y", "at"], "b": ["id", "z", "flag"]}


def sources_of(sql: str, column: str, **models: str) -> set[str]:
    """The source columns that a column of the query `top` comes from, as `table.column`."""
    queries = {**models, "top": sql}
    nodes = [Node(f"source.{name}", name, "source", ("d", "raw", name)) for name in SOURCES]
    parents = tuple(node.id for node in nodes)
    for name, query in queries.items():
        nodes.append(Node(f"model.{name}", name, "model", ("d", "main", name), parents, query))
        parents = (*parents, f"model.{name}")
    graph = Graph(nodes)
    ancestry = Ancestry(graph, "duckdb", lambda node: SOURCES[node.name])
    trail = ancestry.trail(graph.nodes["model.top"], column)
    return {f"{graph.nodes[id_].name}.{name}" for id_, name in trail.sources(graph)}


@pytest.mark.parametrize(
    ("sql", "column", "expected"),
    [
        ("select x + y as s, id from d.raw.a", "s", {"a.x", "a.y"}),
        ("select * from d.raw.a", "y", {"a.y"}),
        ("select * exclude (x) from d.raw.a", "y", {"a.y"}),
        ("with c as (select x as u from d.raw.a) select u * 2 as v from c", "v", {"a.x"}),
        ("select sum(x) over (partition by y order by at) as s from d.raw.a", "s", {"a.x", "a.y", "a.at"}),
        (
            "select sum(x) over w as s from d.raw.a window w as (partition by y order by at)",
            "s",
            {"a.x", "a.y", "a.at"},
        ),
        ("select a.x, b.z from d.raw.a as a inner join d.raw.b as b on a.id = b.id", "z", {"b.z"}),
        ("select x as v from d.raw.a union all select z as w from d.raw.b", "v", {"a.x", "b.z"}),
        ("select x as v, id from d.raw.a union all by name select id, z as v from d.raw.b", "v", {"a.x", "b.z"}),
        ("select (select max(z) from d.raw.b) + x as v from d.raw.a", "v", {"a.x", "b.z"}),
        ("select case when b.flag then a.x end as v from d.raw.a as a, d.raw.b as b", "v", {"a.x", "b.flag"}),
        ("select count(*) as n from d.raw.a where y > 0 group by id", "n", set()),
        ("select t.u from d.raw.a as a cross join lateral unnest([a.x, a.y]) as t (u)", "u", {"a.x", "a.y"}),
    ],
)
def test_where_the_values_of_a_column_come_from(sql, column, expected):
    assert sources_of(sql, column) == expected


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("select id from d.raw.a where y > 0", {"a.y"}),
        ("select a.id from d.raw.a as a inner join d.raw.b as b on a.id = b.id and b.flag", {"a.id", "b.id", "b.flag"}),
        ("select id from d.raw.a qualify row_number() over (partition by id order by at) = 1", {"a.id", "a.at"}),
        ("select id from d.raw.a where id in (select id from d.raw.b where z > 1)", {"a.id", "b.id", "b.z"}),
        ("select n.id from (select id from d.raw.a where x is null) as n", {"a.x"}),
        ("select y, count(*) from d.raw.a group by y having max(x) > 1", {"a.x"}),
    ],
)
def test_what_decides_which_rows_there_are(sql, expected):
    assert sources_of(sql, ROWS) == expected


def test_through_models():
    models = {
        "first": "select id, x + 1 as x_more, at from d.raw.a where y is not null",
        "second": "select id, x_more * 2 as x_twice from d.main.first as first",
    }
    assert sources_of("select x_twice as v from d.main.second", "v", **models) == {"a.x"}
    assert sources_of("select x_twice as v from d.main.second", ROWS, **models) == {"a.y"}


def test_sql_that_cannot_be_read_is_lost_and_says_why():
    node = Node("model.top", "top", "model", ("d", "main", "top"), (), "select from where")
    graph = Graph([node])
    trail = Ancestry(graph, "duckdb", lambda _: ["v"]).trail(node, "v")
    ((where, why),) = trail.lost
    assert where == "model.top"
    assert why.startswith("dbt model top: its compiled SQL cannot be read by sqlglot: ")


@pytest.mark.parametrize(
    "sql", ["select columns('x.*') from d.raw.a", "select x from d.raw.a", "select * from d.raw.a"]
)
def test_columns_that_the_sql_does_not_name(sql):
    nodes = [Node("source.a", "a", "source", ("d", "raw", "a"))]
    top = Node("model.top", "top", "model", ("d", "main", "top"), ("source.a",), sql)
    query = Ancestry(Graph([*nodes, top]), "duckdb", lambda _: SOURCES["a"]).query(top)
    assert bool(query.unnamed) == ("columns" in sql)


def test_a_column_that_is_nowhere_is_lost():
    nodes = [Node("source.a", "a", "source", ("d", "raw", "a"))]
    first = Node("model.first", "first", "model", ("d", "main", "first"), ("source.a",), "select x from d.raw.a")
    top = Node(
        "model.top", "top", "model", ("d", "main", "top"), ("model.first",), "select t.y as v from d.main.first as t"
    )
    trail = Ancestry(Graph([*nodes, first, top]), "duckdb", lambda _: SOURCES["a"]).trail(top, "v")
    assert [where for where, _ in trail.lost] == ["model.top"]


def test_an_ephemeral_model_is_read_through():
    """dbt puts its SQL into the query, which then names the relations that it reads."""
    source = Node("source.a", "a", "source", ("d", "raw", "a"))
    inner = Node("model.inner", "inner", "model", ("d", "main", "inner"), ("source.a",), "select * from d.raw.a")
    sql = "with __dbt__cte__inner as (select * from d.raw.a) select * from __dbt__cte__inner"
    top = Node("model.top", "top", "model", ("d", "main", "top"), ("model.inner",), sql)
    graph = Graph([source, inner, top])
    ancestry = Ancestry(graph, "duckdb", lambda _: SOURCES["a"])
    assert ancestry.trail(top, "x").sources(graph) == {("source.a", "x")}
