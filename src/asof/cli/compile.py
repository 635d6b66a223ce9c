"""`asof compile`."""

from typing import Any

import click

from asof.cli.options import json_option, open_project, project_options
from asof.cli.output import print_json


@click.command(name="compile", epilog="Example: asof compile flight_delay --dialect postgres > flight_delay.sql")
@click.argument("model")
@click.argument("version", type=int, required=False)
@click.option("--alias", default="champion", show_default=True, help="Whose version, where none is named.")
@click.option(
    "--dialect", default="duckdb", show_default=True, help="duckdb, postgres, snowflake, bigquery, spark, trino."
)
@project_options
@json_option
def compile_(model: str, version: int | None, alias: str, dialect: str, as_json: bool, **options: Any) -> None:
    """Write a VERSION of MODEL as one SELECT, which scores the rows of its feature view without Python.

    What SQL cannot compute is refused by name.
    """
    project = open_project(**options)
    from asof.inference.compile import compile_model

    result = compile_model(model, project, alias=alias, version=version, dialect=dialect)
    if as_json:
        print_json(result)
    else:
        click.echo(result.sql, nl=False)
