"""`asof plan`."""

from typing import Any

import click

from asof.cli.next_command import of_this_call
from asof.cli.options import json_option, open_project, project_options
from asof.cli.output import print_json, progress_bar


@click.command(epilog="Example: asof plan --check; in CI: asof plan --of HEAD --against origin/main --markdown")
@click.option(
    "--against", metavar="SIDE", help="Compare with a target, git ref or manifest.json; else with what is built."
)
@click.option("--of", metavar="REF", help="Plan a git ref in place of the working tree.")
@click.option("--markdown", is_flag=True, help="Write Markdown, for a comment on a pull request.")
@click.option("--check", is_flag=True, help="Exit with 1 when a version behind an alias is affected.")
@project_options
@json_option
def plan(against: str | None, of: str | None, markdown: bool, check: bool, as_json: bool, **options: Any) -> int:
    """Show what changed dbt models mean for feature columns, and for the models that are trained on them.

    Compares the working tree, which need not be built, with what is built. Nothing is written.
    """
    project = open_project(**options)
    from asof.cli.plan_words import in_markdown, in_words
    from asof.plan.plan import make_plan

    with progress_bar() as bar:
        result = make_plan(project, against=against, of=of, progress=bar)
    if as_json:
        print_json(result)
    else:
        for line in (in_markdown if markdown else in_words)(result):
            click.echo(of_this_call(line) if line.startswith(("Next: ", "Then: ")) else line)
    return 1 if check and result.affected else 0
