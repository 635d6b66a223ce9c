"""A mistake in a model spec is told with the file, the key and the nearest known one."""

import json
from datetime import timedelta

import pytest

from asof.errors import SpecError
from asof.model_spec.json_schema import SCHEMA_FILE, schema_text
from asof.yaml_file import read_yaml


def spec_error(toy, old, new):
    toy.edit("models/big.yml", old, new)
    with pytest.raises(SpecError) as caught:
        toy.open().model_spec("big")
    return str(caught.value)


def test_a_good_spec(toy):
    spec = toy.open().model_spec("big")
    assert (spec.name, spec.label, spec.problem) == ("big", "is_big", "binary")
    assert (spec.split.validation, spec.split.test, spec.split.gap) == tuple(timedelta(days=n) for n in (10, 20, 1))
    assert spec.gates[0].condition == ("min", 0.6)


def test_an_unknown_key(toy):
    message = spec_error(toy, "slices:", "slice:")
    assert message == "model spec models/big.yml: unknown key 'slice' (did you mean 'slices'?)"


def test_an_unknown_key_within_a_part(toy):
    message = spec_error(toy, "validation:", "validatoin:")
    assert "unknown key 'split.validatoin' (did you mean 'validation'?)" in message
    assert "the key 'split.validation' is missing" in message


def test_an_unknown_key_within_a_list(toy):
    assert "unknown key 'gates.0.mim' (did you mean 'min'?)" in spec_error(toy, "min: 0.6", "mim: 0.6")


def test_a_wrong_type(toy):
    assert spec_error(toy, "metrics: [roc_auc, log_loss]", "metrics: 3") == (
        "model spec models/big.yml: metrics: expected a list, got 3; write metrics: [3]"
    )


def test_a_number_is_no_text(toy):
    assert "label: input should be a valid string, got 7" in spec_error(toy, "label: is_big", "label: 7")


def test_a_wrong_duration(toy):
    message = spec_error(toy, "test: 20 days", "test: a while")
    assert message == (
        "model spec models/big.yml: split.test: 'a while' is not a length of time; write for example '30 days' or '1 hour'"
    )


def test_every_mistake_is_told_at_once(toy):
    toy.edit("models/big.yml", "label: is_big\n", "")
    lines = spec_error(toy, "problem: binary", "problem: binry").splitlines()
    assert len(lines) == 2
    assert all(line.startswith("model spec models/big.yml: ") for line in lines)


def test_a_metric_of_another_problem(toy):
    assert "metric 'r2' is not for a binary problem; known: roc_auc," in spec_error(toy, "log_loss]", "r2]")


@pytest.mark.parametrize(
    ("gate", "message"),
    [
        ("{metric: roc_auc}", "a gate has one of min, max, max_drop, min_gain and max_difference, got none"),
        ("{metric: roc_auc, min: 0, max: 1}", "got min, max"),
        ("{metric: roc_auc, max_drop: 0.1}", "'max_drop' needs 'versus'"),
        ("{metric: roc_auc, versus: champion, min: 0.1}", "'min' does not go with 'versus'"),
        ("{metric: roc_auc, versus: baseline, min_gain: 0, slice: colour}", "'slice' goes with min, max or"),
        ("{metric: brier_score, max: 0.1}", "gate on 'brier_score', which is not among the metrics: roc_auc, log_loss"),
        ("{metric: roc_auc, min: 0, slice: id}", "gate on slice 'id', which is not among the slices"),
        ("{metric: roc_auc, max_difference: 0.1}", "'max_difference' needs 'slice'"),
        (
            "{metric: roc_auc, max_difference: 0.1, slice: colour}",
            "'max_difference' is for a protected slice; protected: -",
        ),
    ],
)
def test_a_gate_that_means_nothing(toy, gate, message):
    assert message in spec_error(toy, "{metric: roc_auc, min: 0.6}", gate)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("protected: [id]", "protected names 'id', which is not among the slices"),
        ("parameters: {fit__C: .inf}", "parameters: 'fit__C' is not finite, and could not be kept; set it in build"),
        ("calibration: platt", "calibration: input should be 'sigmoid', 'isotonic' or 'temperature', got 'platt'"),
        ("device: gpu", "device: input should be 'cpu' or 'cuda', got 'gpu'"),
        ("min_slice_rows: 0", "min_slice_rows: input should be greater than or equal to 1, got 0"),
    ],
)
def test_a_key_with_a_value_that_it_cannot_have(toy, line, message):
    assert message in spec_error(toy, "split:", f"{line}\nsplit:")


def test_a_slice_that_is_called_as_the_whole_is(toy):
    assert "slices names 'all', which is what the whole split is called" in spec_error(toy, "[colour]", "[colour, all]")


def test_calibration_is_of_probabilities(toy):
    toy.edit("models/big.yml", "problem: binary", "problem: regression")
    toy.edit("models/big.yml", "metrics: [roc_auc, log_loss]", "metrics: [r2]")
    message = spec_error(toy, "{metric: roc_auc, min: 0.6}", "{metric: r2, min: 0}\ncalibration: sigmoid")
    assert "calibration is of probabilities; a regression problem has none" in message


def test_neither_more_nor_less_of_it_is_better(toy):
    toy.edit("models/big.yml", "metrics: [roc_auc", "metrics: [selection_rate, roc_auc")
    gate = "{metric: selection_rate, versus: baseline, min_gain: 0.1}"
    assert "with 'versus': neither more nor less of it is better" in spec_error(
        toy, "{metric: roc_auc, min: 0.6}", gate
    )


def test_an_empty_file(toy):
    (toy.root / "models/big.yml").write_text("")
    with pytest.raises(SpecError, match="model spec models/big.yml: the key 'name' is missing"):
        toy.open().model_spec("big")


def test_a_list(toy):
    (toy.root / "models/big.yml").write_text("- name: big\n")
    with pytest.raises(SpecError, match=r"models/big.yml: expected a mapping \(key: value\), got a list"):
        toy.open().model_spec("big")


def test_not_utf_8(toy):
    (toy.root / "models/big.yml").write_bytes("description: Größe".encode("latin-1"))
    with pytest.raises(SpecError, match=r"model spec models/big.yml is not UTF-8: .* at byte 15; save it as UTF-8"):
        toy.open().model_spec("big")


def test_the_other_ending(toy):
    (toy.root / "models/big.yml").rename(toy.root / "models/big.yaml")
    with pytest.raises(SpecError, match=r"models/big.yaml: its ending must be .yml; rename it"):
        toy.open().model_spec("big")


@pytest.mark.parametrize("length", ["99999999999 days", "1000000 days"])
def test_a_length_of_time_that_is_too_long(toy, length):
    message = spec_error(toy, "test: 20 days", f"test: {length}")
    assert f"split.test: '{length}' is too long; the longest is 36500 days" in message


@pytest.mark.parametrize("key", ["split.test", "split.validation", "inference.window"])
def test_a_length_of_nothing(toy, key):
    old = {
        "split.test": "test: 20 days",
        "split.validation": "validation: 10 days",
        "inference.window": "window: 2 days",
    }
    new = f"{key.split('.')[1]}: 0 days"
    assert f"{key}: it must be positive" in spec_error(toy, old[key], new)


@pytest.mark.parametrize(("key", "old", "name"), [("metrics", "log_loss]", "roc_auc"), ("slices", "colour]", "colour")])
def test_a_name_twice(toy, key, old, name):
    new = f"{name}, {name}]" if key == "slices" else f"{name}]"
    assert f"{key} names '{name}' twice" in spec_error(toy, old, new)


def test_an_estimator_without_a_function(toy):
    assert spec_error(toy, "training/toy.py:classify", "training/toy.py") == (
        "model spec models/big.yml: estimator: expected a file and its function, got 'training/toy.py'; "
        "write for example training/flight_delay.py:build"
    )


def test_not_yaml(toy):
    (toy.root / "models/big.yml").write_text("name: [")
    with pytest.raises(SpecError, match=r"model spec models/big.yml is not valid YAML: "):
        toy.open().model_spec("big")


def test_another_name_than_the_file(toy):
    assert spec_error(toy, "name: big", "name: huge") == (
        "model spec models/big.yml: its name is 'huge', expected 'big' as the file's"
    )


def test_an_unknown_model(toy):
    with pytest.raises(SpecError, match=r"no model spec 'bigg' in .*models \(did you mean 'big'\?\)"):
        toy.open().model_spec("bigg")


def test_the_shipped_json_schema_is_that_of_the_code():
    assert SCHEMA_FILE.read_text() == schema_text(), "run: make schema"
    assert json.loads(schema_text())["properties"]["split"]["$ref"] == "#/$defs/Split"


def test_a_key_that_is_there_twice(toy):
    """The second list of gates would take the place of a strict one."""
    path = toy.root / "models/big.yml"
    path.write_text(path.read_text() + "\ngates: []\n")
    with pytest.raises(
        SpecError, match=r"models/big.yml is not valid YAML: the key 'gates' is there twice, first in line \d+"
    ):
        toy.open().model_spec("big")


def test_a_key_that_replaces_a_merged_one(tmp_path):
    file = tmp_path / "merged.yml"
    file.write_text("a: &a {x: 1, y: 2}\nb: {<<: *a, x: 3}\n")
    assert read_yaml(file, SpecError)["b"] == {"x": 3, "y": 2}


def test_yaml_of_ten_thousand_levels(toy):
    (toy.root / "models/big.yml").write_text("a: " + "[" * 10_000 + "]" * 10_000)
    with pytest.raises(SpecError, match=r"models/big.yml (is nested too deeply|is not valid YAML)"):
        toy.open().model_spec("big")


@pytest.mark.parametrize("limit", [".inf", "-.inf", ".nan"])
def test_a_limit_that_is_no_number(toy, limit):
    toy.edit("models/big.yml", "min: 0.6", f"min: {limit}")
    with pytest.raises(SpecError, match=r"gates.0.min: input should be a finite number"):
        toy.open().model_spec("big")
