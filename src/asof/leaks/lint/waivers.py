"""Waivers: a model's YAML says which rule does not concern it, and why. `meta: {asof: {waive: {rule: reason}}}`."""

from collections.abc import Iterable

from asof.dbt_files.graph import Node
from asof.errors import ProjectError, did_you_mean
from asof.leaks.lint.rules import RULES, Finding


def check_waivers(node: Node) -> None:
    """Raises ProjectError for a waiver that names no rule or gives no reason."""
    waived = node.meta.get("waive")
    if waived is None:
        return
    what = f"dbt model {node.name}: meta.asof.waive"
    if not isinstance(waived, dict):
        raise ProjectError(
            f"{what} is {waived!r}, expected a reason for each rule; write waive: {{volatile: why it is safe}}"
        )
    for name, reason in waived.items():
        if name not in RULES:
            raise ProjectError(f"{what}: no rule '{name}'{did_you_mean(str(name), RULES)}")
        if not isinstance(reason, str) or not reason.strip():
            raise ProjectError(f"{what}: '{name}' has no reason; write {name}: why it is safe here")


def unused_waivers(nodes: Iterable[Node], findings: Iterable[Finding]) -> list[tuple[str, str]]:
    """Model and rule of each waiver that waives nothing."""
    used = {(found.model, found.rule) for found in findings if found.waived}
    return [
        (node.name, rule) for node in nodes for rule in (node.meta.get("waive") or {}) if (node.name, rule) not in used
    ]
