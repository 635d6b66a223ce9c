"""JSON for machines is JSON."""

import json
from dataclasses import dataclass

from asof.cli.output import print_json


@dataclass
class Found:
    value: float
    values: list


def test_what_json_does_not_know_is_null(capsys):
    print_json(Found(float("nan"), [float("inf"), 1.5, {"a": float("-inf")}]))
    assert json.loads(capsys.readouterr().out) == {"value": None, "values": [None, 1.5, {"a": None}]}
