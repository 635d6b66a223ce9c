"""Writes the report of a version: HTML for reading, Markdown for the repository (a model card)."""

import os
import tempfile
import unicodedata
from dataclasses import dataclass
from pathlib import Path

import jinja2

from asof.clock import written
from asof.errors import ProjectError, RegistryError, in_short
from asof.project import Project
from asof.registry.rows import MetricRow
from asof.report.charts import draw_charts
from asof.report.facts import VersionFacts, read_facts


@dataclass(frozen=True)
class Report:
    """The report of a version, as text in both forms."""

    model: str
    version: int
    html: str
    markdown: str

    def write(self, folder: Path) -> list[Path]:
        """Writes both forms into a folder, whole or not at all. Raises ProjectError when it cannot be written to."""
        name = f"{self.model}_v{self.version}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            return [_replace(folder / f"{name}.html", self.html), _replace(folder / f"{name}.md", self.markdown)]
        except OSError as error:
            raise ProjectError(
                f"the report cannot be written to {folder}: {error}; name another with --output"
            ) from None


def make_report(model: str, version: int | None = None, project: Project | None = None) -> Report:
    """The report of a version; of the champion where none is named, else of the newest one. Reads the registry alone.

    Raises RegistryError when there is no such version.
    """
    project = project or Project.open()
    try:
        return _report(read_facts(project, model, version))
    # the rows may be anything, and so may what becomes of them
    except (TypeError, ValueError, LookupError, AttributeError, ArithmeticError, jinja2.TemplateError) as error:
        raise RegistryError(
            f"{model}{'' if version is None else f' version {version}'}: rows of {project.registry_schema} are damaged "
            f"({in_short(error)}); restore the warehouse from a backup, or train again with: asof train {model}"
        ) from None


def _report(facts: VersionFacts) -> Report:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("asof.report", "templates"),
        autoescape=jinja2.select_autoescape(["html"]),
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {"number": _number, "moment": written, "share": _share, "cell": _cell}
    known = {"facts": facts, "sections": _slices(facts)}
    return Report(
        model=facts.version.model,
        version=facts.version.version,
        html=environment.get_template("report.html").render(**known, charts=list(draw_charts(facts))),
        markdown=environment.get_template("model_card.md").render(**known),
    )


def _slices(facts: VersionFacts) -> list[tuple[str, list[str], dict[str, dict[str, MetricRow]]]]:
    """For each sliced column its metrics, and by slice and metric the row."""
    sections = []
    for column in facts.spec.slices:
        rows = facts.slices(column)
        table: dict[str, dict[str, MetricRow]] = {}
        for row in rows:
            table.setdefault(row.slice, {})[row.metric] = row
        metrics = list(dict.fromkeys([*facts.spec.metrics, *(row.metric for row in rows)]))
        sections.append((column, metrics, table))
    return sections


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"


def _cell(value: object) -> str:
    """Text on one line of Markdown. It begins no cell, heading or tag, and has no control characters, such as a terminal obeys."""
    text = "".join(
        "\N{REPLACEMENT CHARACTER}" if unicodedata.category(character) == "Cc" else character
        for character in " ".join(str(value).split())
    )
    for character in "&\\`|<>*[]":
        text = text.replace(character, f"&#{ord(character)};")
    return text


def _replace(path: Path, content: str) -> Path:
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(content)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return path
