"""Reads a model spec from its YAML file; each mistake is told with the file, the key and the nearest known one."""

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from asof.errors import SpecError, did_you_mean
from asof.model_spec.inference import Experiment, Inference
from asof.model_spec.spec import Features, Gate, ModelSpec, Split
from asof.yaml_file import read_yaml

_PARTS: dict[str, type[BaseModel]] = {
    "features": Features,
    "split": Split,
    "gates": Gate,
    "inference": Inference,
    "experiment": Experiment,
}


def list_specs(models_dir: Path) -> dict[str, Path]:
    """The model specs of a project by name."""
    return {path.stem: path for path in sorted(models_dir.glob("*.yml"))}


def load_spec(models_dir: Path, name: str) -> ModelSpec:
    """The model spec `name`. Raises SpecError with every mistake in it, one a line."""
    specs = list_specs(models_dir)
    if name not in specs:
        if (models_dir / f"{name}.yaml").exists():
            raise SpecError(f"model spec {models_dir / name}.yaml: its ending must be .yml; rename it")
        raise SpecError(f"no model spec '{name}' in {models_dir}{did_you_mean(name, specs)}")
    path = specs[name]
    shown = f"{models_dir.name}/{path.name}"
    content = read_yaml(path, SpecError, f"model spec {shown}")
    try:
        spec = ModelSpec.model_validate(content)
    except ValidationError as error:
        mistakes = [_sentence(dict(mistake)) for mistake in error.errors()]
        raise SpecError("\n".join(f"model spec {shown}: {mistake}" for mistake in mistakes)) from None
    if spec.name != name:
        raise SpecError(f"model spec {shown}: its name is '{spec.name}', expected '{name}' as the file's")
    return spec


def _sentence(mistake: dict[str, Any]) -> str:
    location = [str(part) for part in mistake["loc"]]
    key = ".".join(location)
    if mistake["type"] == "extra_forbidden":
        part = _PARTS.get(location[0], ModelSpec) if len(location) > 1 else ModelSpec
        return f"unknown key '{key}'{did_you_mean(location[-1], part.model_fields)}"
    if mistake["type"] == "missing":
        return f"the key '{key}' is missing"
    if mistake["type"] == "value_error":
        message = str(mistake["ctx"]["error"])
        return f"{key}: {message}" if key else message
    got = mistake["input"]
    if mistake["type"] == "list_type":
        return f"{key}: expected a list, got {got!r}; write {key.split('.')[-1]}: [{got}]"
    if key == "estimator" and mistake["type"] == "string_pattern_mismatch":
        return f"{key}: expected a file and its function, got {got!r}; write for example training/flight_delay.py:build"
    return f"{key}: {mistake['msg'][0].lower()}{mistake['msg'][1:]}, got {got!r}"
