"""Commands that a message tells to run are those of the call: its target, its clock."""

import pytest

from asof.cli.next_command import with_options


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no model; train one with: asof train m", "no model; train one with: asof train m --target prod --now 2024-01-01"),
        (
            "gone; run: dbt build --select +v",
            "gone; run: ASOF_NOW=2024-01-01 dbt build --select +v --target prod",
        ),
        (
            "build more history (dbt build --select +v), or wait",
            "build more history (ASOF_NOW=2024-01-01 dbt build --select +v --target prod), or wait",
        ),
        ("run: asof predict m --now 2023-01-01", "run: asof predict m --now 2023-01-01 --target prod"),
        ("mend it, then: asof train m; or stop", "mend it, then: asof train m --target prod --now 2024-01-01; or stop"),
        ("run asof predict m, wait, then run: asof check", ("run asof predict m --target prod --now 2024-01-01, wait, then run: "
         "asof check --target prod --now 2024-01-01")),
        ("readers wait for `dbt build` and asof predict", "readers wait for `dbt build` and asof predict"),
    ],
)  # fmt: skip
def test_a_command_carries_target_and_clock(text, expected):
    assert with_options(text, "prod", "2024-01-01") == expected


def test_without_options_it_is_left_as_it_is():
    assert with_options("run: asof train m", None, None) == "run: asof train m"


def test_what_would_break_a_shell_is_quoted():
    assert with_options("run: asof train m", "a b", "2024-01-01 10:00") == (
        "run: asof train m --target 'a b' --now '2024-01-01 10:00'"
    )
