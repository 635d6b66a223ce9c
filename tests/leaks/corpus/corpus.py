"""The corpus of the linter: seeded leaks and clean look-alikes, each a small project of compiled SQL.

Prints how many of the leaks are found and how many of the look-alikes are suspected:

    .venv/bin/python tests/leaks/corpus/corpus.py
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from asof.dbt_files.graph import Graph, Node
from asof.features.lineage.ancestry import Ancestry
from asof.leaks.lint.lint import lint_view
from asof.leaks.lint.rules import RULES, Finding

FOLDER = Path(__file__).parent
NOW = datetime(2024, 6, 1, tzinfo=UTC)
PRESENT = "cast('2024-06-01 00:00:00+00:00' as timestamptz)"


@dataclass(frozen=True)
class Case:
    """A project, and the rule that is broken in it, if any."""

    name: str
    rule: str | None
    changes: dict[str, Any]

    def findings(self) -> list[Finding]:
        graph, columns = project(self.changes)
        ancestry = Ancestry(graph, "duckdb", lambda node: columns.get(node.name, []))
        return lint_view(graph.view("view"), ancestry, NOW)


def leaks() -> list[Case]:
    return [Case(entry.pop("name"), entry.pop("rule"), entry) for entry in _read("leaks")]


def look_alikes() -> list[Case]:
    return [Case(entry.pop("name"), None, entry) for entry in _read("clean")]


def project(changes: dict[str, Any]) -> tuple[Graph, dict[str, list[str]]]:
    """The shop with the changes of a case, and the columns of its sources and of what is built."""
    base = _read("base")
    assert set(changes) <= {
        "models",
        "snapshots",
        "spine",
        "group",
        "view",
        "joins",
        "waive",
        "built",
        "label",
        "written",
    }, changes
    spine, label, group = ({**base[part], **changes.get(part, {})} for part in ("spine", "label", "group"))
    models = {**base["models"], **changes.get("models", {})}
    queries = {name: (sql, {}, {}) for name, sql in models.items()}
    for name, snapshot in changes.get("snapshots", {}).items():
        queries[name] = (snapshot["sql"], {}, {k: v for k, v in snapshot.items() if k != "sql"})
    for name, role, part in (
        ("questions", "spine", spine),
        ("outcomes", "label", label),
        ("habits", "feature_group", group),
    ):
        queries[name] = (part["sql"], {"role": role, **{k: v for k, v in part.items() if k != "sql"}}, {})
    for name, text in changes.get("written", {}).items():
        queries[name][2].update(materialized="incremental", written=text)
    queries["view"] = (_view(group, changes), {"role": "feature_view"}, {})
    for name, waived in changes.get("waive", {}).items():
        queries[name][1]["waive"] = waived
    sources = [Node(f"source.{name}", name, "source", ("shop", "raw", name)) for name in base["sources"]]
    columns = {**base["sources"], **changes.get("built", {})}
    return Graph([*sources, *_nodes(queries, set(changes.get("snapshots", {})))]), columns


def _view(group: dict[str, Any], changes: dict[str, Any]) -> str:
    """The view in the form of asof.feature_view."""
    on = "".join(f"spine.{column} = habits.{column} and " for column in group["entity"])
    more = "".join(f", {column}" for column in changes.get("view", []))
    return f"""
        with habits_rows as (select * from habits),
        spine as (select * from questions),
        outcome as (select * from outcomes)
        select spine.*, habits.* exclude ({", ".join(dict.fromkeys([*group["entity"], group["event_time"]]))}){more},
            outcome.is_returned, outcome.settled_at as label_known_at
        from spine
        asof left join habits_rows as habits on {on}spine.ordered_at >= habits.{group["known_at"]}
        {" ".join(changes.get("joins", []))}
        left join outcome on spine.order_id = outcome.order_id
    """


def _nodes(queries: dict[str, tuple], snapshots: set[str]) -> Iterator[Node]:
    for name, (sql, meta, config) in queries.items():
        parents = []
        text = sql.replace("NOW", PRESENT)
        for word in dict.fromkeys(re.findall(r"\b(?:from|join)\s+(raw\.\w+|\w+)", text)):
            if word.startswith("raw."):
                parents.append(f"source.{word[4:]}")
            elif word in queries:
                parents.append(f"model.{word}")
        text = re.sub(r"\b(from|join)\s+raw\.(\w+)", r"\1 shop.raw.\2", text)
        for parent in queries:
            if parent not in ("view", name):
                text = re.sub(rf"\b(from|join)\s+{parent}\b", rf"\1 shop.main.{parent} as {parent}", text)
        text = re.sub(r"\bas \w+ as (\w+)", r"as \1", text)
        kind = "snapshot" if name in snapshots else "model"
        yield Node(
            f"model.{name}",
            name,
            kind,
            ("shop", "main", name),
            tuple(parents),
            text,
            f"models/{name}.sql",
            meta,
            config,
            written=config.get("written", ""),
        )


def _read(name: str) -> Any:
    return yaml.safe_load((FOLDER / f"{name}.yml").read_text())


def main() -> None:
    found, missed = [], []
    for case in leaks():
        (found if case.rule in {finding.rule for finding in case.findings()} else missed).append(case)
    suspected = [(case, findings) for case in look_alikes() if (findings := case.findings())]
    total = len(found) + len(missed)
    print(f"{'rule':18} found of seeded")
    for rule in [*RULES, "none"]:
        here = [case for case in leaks() if case.rule == rule]
        print(f"{rule:18} {sum(case.rule == rule for case in found):5} of {len(here)}")
    print(
        f"recall {len(found)} of {total} ({len(found) / total:.0%}); missed: {', '.join(c.name for c in missed) or '-'}"
    )
    clean = len(look_alikes())
    print(f"false positives {len(suspected)} of {clean} look-alikes")
    for case, findings in suspected:
        for finding in findings:
            print(f"  {case.name}: {finding.rule} in {finding.model}: {finding.sql}")


if __name__ == "__main__":
    main()
