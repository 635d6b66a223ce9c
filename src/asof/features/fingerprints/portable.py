"""SQL that dbt compiled, in the form in which the warehouse keeps it: without what differs from day to day and between targets.

The dbt package does the same in `macros/builds/compiled_sql.sql` for the SQL that it has run; a test holds the two together.
"""

import json
import re
from datetime import UTC, datetime

from asof.dbt_files.graph import Graph, Node

CLOCK = "asof.now"  # stands for the present
_NOTE = re.compile(r"(?s) ?/\* asof[.]new_since reads .*? \*/")
_INCREMENTAL = re.compile(r"(?s)/\* incremental builds only \*/.*?/\* all builds \*/ ?")
_COMPOSITION = re.compile(r"(?s)(/\* asof[.]feature_view .*? \*/)")
_READ = re.compile(r'"((?:model|snapshot|seed|source)[.][^"]+)"[.]"([^"]+)"')
_OF_SNAPSHOT = ("strategy", "unique_key", "updated_at", "check_cols", "hard_deletes", "dbt_valid_to_current")


def portable_sql(node: Node, graph: Graph, now: datetime) -> str:
    """The compiled SQL of a model or snapshot. `now` is the present with which dbt compiled it.

    select * from "dev"."main"."orders" where loaded_at <= cast('2024-05-01 17:00:00+00:00' as timestamptz)
        ->  select * from "model.shop.orders"."orders" where loaded_at <= cast('asof.now' as timestamptz)
    """
    sql = _INCREMENTAL.sub("", _NOTE.sub("", node.sql or ""))
    sql = sql.replace(f"'{now.astimezone(UTC).isoformat(' ')}'", f"'{CLOCK}'")
    names: dict[str, Node] = {}
    for read in _named_in(node, graph):
        if read.relation_name:
            names.setdefault(read.relation_name, read)
    parts = _COMPOSITION.split(sql)
    for name in sorted(names, reverse=True):  # a name before its beginnings
        written, pattern = portable_name(names[name]), _pattern(names[name])
        for place, part in enumerate(parts):
            if place % 2:  # the composition of a view has it as JSON
                parts[place] = part.replace(json.dumps(name), json.dumps(written))
            else:
                parts[place] = pattern.sub(written.replace("\\", r"\\"), part)
    return _hooks(node) + _of_snapshot(node) + "".join(parts).strip()


def _pattern(node: Node) -> re.Pattern[str]:
    """A relation in SQL, with or without quotes around each part."""
    parts = [f'(?:["`]{re.escape(part)}["`]|{re.escape(part)})' for part in node.relation if part]
    return re.compile(r'(?<![\w"`.])' + "[.]".join(parts) + r'(?![\w"`])')


def _hooks(node: Node) -> str:
    """What dbt runs beside the SQL of a model, but for the hooks of asof itself."""
    given = [*(node.config.get("pre-hook") or []), *(node.config.get("post-hook") or [])]
    hooks = [hook["sql"] for hook in given if "asof._" not in hook["sql"]]
    if node.config.get("sql_header"):
        hooks.append(node.config["sql_header"])
    written = json.dumps(hooks, sort_keys=True).replace("*/", "*\\/")
    return f"/* asof.hooks {written} */\n" if hooks else ""


def portable_name(node: Node) -> str:
    """What a relation is called in portable SQL."""
    return f'"{node.id}"."{node.relation[2]}"'


def portable_text(node: Node) -> str:
    """The source of a model whose SQL says nothing that lasts, with what it reads: a Python model, or one built in batches."""
    parents = json.dumps(list(node.parents), sort_keys=True).replace("*/", "*\\/")
    text = "\n".join([node.written, *node.macros]).strip()
    return f"/* asof.parents {parents} */\n{text}"


def relations_in(sql: str) -> dict[str, str]:
    """The relations that portable SQL reads: the name of each table by the unique id."""
    noted = re.match(r"(?s)/\* asof[.]parents (.*?) \*/", sql)
    if noted:
        return {id_: id_.split(".")[-1] for id_ in json.loads(noted[1])}
    return dict(_READ.findall(sql))


def head_of(sql: str) -> dict[str, object]:
    """What the head of portable SQL says beside it: how a snapshot is taken, and the `hooks` of a model."""
    hooks = re.match(r"(?s)/\* asof[.]hooks (.*?) \*/\n", sql)
    snapshot = re.match(r"(?s)/\* asof[.]snapshot (.*?) \*/", sql[hooks.end() :] if hooks else sql)
    return {
        **(json.loads(snapshot[1]) if snapshot else {}),
        **({"hooks": json.loads(hooks[1])} if hooks else {}),
    }


def _named_in(node: Node, graph: Graph) -> list[Node]:
    """A model, what it reads, and what ephemeral models that it reads, whose SQL dbt puts into its own, read themselves."""
    found = [node]
    for reader in found:
        if reader is node or reader.config.get("materialized") == "ephemeral":
            found += [parent for parent in graph.parents(reader) if parent not in found]
    return found


def _of_snapshot(node: Node) -> str:
    if node.kind != "snapshot":
        return ""
    config = {key: node.config[key] for key in _OF_SNAPSHOT if node.config.get(key) is not None}
    config |= {key: name for key, name in (node.config.get("snapshot_meta_column_names") or {}).items() if name}
    written = json.dumps(config, sort_keys=True).replace("*/", "*\\/")
    return f"/* asof.snapshot {written} */\n" if config else ""
