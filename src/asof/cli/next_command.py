"""Commands in messages carry the target and the clock of the call that they answer.

Pasted without them, a command would build up to today, which a snapshot never forgets, or build another target.
"""

import os
import re
import shlex

import click

from asof.clock import VARIABLE

_COMMAND = re.compile(
    r"(?:(?<=: )|(?<=run )|(?<=\())(?P<program>asof|dbt) "
    r"(?P<verb>build|compare|compile|lint|parse|predict|promote|replay|report|rollback|run|status|test|train|tune)\b"
    r"(?P<rest>[^\n;]*)"
)


def carrying(text: str, target: str | None, now: str | None) -> str:
    """The text with `--target` and the clock in each command of asof or dbt that it tells to run.

    `asof train m` becomes `asof train m --now 2024-01-01`, and `dbt build` becomes `ASOF_NOW=2024-01-01 dbt build`. Where words
    follow, options come right after the verb.
    """

    def carried(found: re.Match[str]) -> str:
        program, verb, rest = found.group("program", "verb", "rest")
        options = f" --target {shlex.quote(target)}" if target and "--target" not in rest else ""
        before = ""
        if now and program == "dbt":
            before = f"{VARIABLE}={shlex.quote(now)} "
        elif now and "--now" not in rest:
            options += f" --now {shlex.quote(now)}"
        is_whole = not set(rest) & set(",()")
        return f"{before}{program} {verb}{rest}{options}" if is_whole else f"{before}{program} {verb}{options}{rest}"

    return _COMMAND.sub(carried, text)


def of_this_call(text: str) -> str:
    """The text as `carrying` makes it with the options of the command that runs."""
    context = click.get_current_context(silent=True)
    options = context.params if context else {}
    return carrying(text, options.get("target"), options.get("now") or os.environ.get(VARIABLE, "").strip() or None)
