"""Adds the target and the clock of a call to the commands that its messages tell the user to run.

Without them a pasted command would build up to today, which a snapshot keeps for ever, or would build another target.
"""

import os
import re
import shlex

import click

from asof.clock import VARIABLE

_COMMAND = re.compile(
    r"(?:(?<=: )|(?<=run )|(?<=\())(?P<program>asof|dbt) "
    r"(?P<verb>build|check|compare|compile|lint|parse|predict|promote|replay|report|rollback|run|status|test|train|tune)\b"
    r"(?P<rest>[^\n;,()]*)"
)


def with_options(text: str, target: str | None, now: str | None) -> str:
    """Adds `--target` and the clock to each command of asof or dbt that a message tells the user to run.

    `asof train m` becomes `asof train m --now 2024-01-01`; `dbt build` becomes `ASOF_NOW=2024-01-01 dbt build`. A command
    ends at a comma, a semicolon, a parenthesis or the end of the line.
    """

    def extend(match: re.Match[str]) -> str:
        program, command = match["program"], match[0]
        if target and "--target" not in command:
            command += f" --target {shlex.quote(target)}"
        if now and program == "dbt":
            return f"{VARIABLE}={shlex.quote(now)} {command}"
        return f"{command} --now {shlex.quote(now)}" if now and "--now" not in command else command

    return _COMMAND.sub(extend, text)


def of_this_call(text: str) -> str:
    """The text with the options of the asof command that is running."""
    context = click.get_current_context(silent=True)
    options = context.params if context else {}
    return with_options(text, options.get("target"), options.get("now") or os.environ.get(VARIABLE, "").strip() or None)
