"""The macro that gives a row's loss in SQL, for the readout of an experiment: `make schema` writes it from the catalog.

dbt runs without Python of ours, so the package has a copy of what the catalog says.
"""

from importlib.resources import files
from pathlib import Path

from asof.metrics.catalog import METRICS

MACRO_FILE = Path(str(files("asof"))) / "dbt_package/macros/metrics/row_loss.sql"

_HEAD = """\
{#
    What a row costs by a metric, as SQL. `make schema` writes this file from src/asof/metrics/catalog.py.

    score        the prediction's score, as SQL
    label        the outcome, as a number
    likelihood   the probability that the prediction gave to the outcome
#}
{% macro _row_loss(problem, metric, score, label, likelihood) %}
    {%- set losses = {
"""
_FOOT = """\
    } -%}
    {%- set loss = losses[problem][metric] -%}
    {{ return(loss.replace('{score}', score).replace('{label}', label).replace('{likelihood}', likelihood)) }}
{% endmacro %}
"""


def macro_text() -> str:
    """The content of the macro's file."""
    lines = []
    for problem, metrics in METRICS.items():
        losses = {name: metric.loss_sql for name, metric in metrics.items() if metric.loss_sql is not None}
        lines += [f"        '{problem}': {{", *(f"            '{name}': '{sql}'," for name, sql in losses.items())]
        lines += ["        },"]
    return _HEAD + "\n".join(lines) + "\n" + _FOOT


if __name__ == "__main__":
    MACRO_FILE.write_text(macro_text())
