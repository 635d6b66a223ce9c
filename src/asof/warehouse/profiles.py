"""Reads dbt's own `profiles.yml`, the only place where a connection is described."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from jinja2 import TemplateError
from jinja2.sandbox import SandboxedEnvironment

from asof.errors import ProfileError, did_you_mean


@dataclass(frozen=True)
class Target:
    """One target of a profile: what dbt calls an output."""

    profile: str
    name: str
    adapter: str
    file: Path
    settings: dict[str, Any] = field(default_factory=dict)


def find_profiles(root: Path) -> Path:
    """`profiles.yml` from DBT_PROFILES_DIR, the project's root or ~/.dbt, in the order in which dbt looks.

    Raises ProfileError when there is none.
    """
    folders = [Path(os.environ["DBT_PROFILES_DIR"])] if os.environ.get("DBT_PROFILES_DIR") else []
    folders += [root, Path.home() / ".dbt"]
    for folder in folders:
        if (folder / "profiles.yml").is_file():
            return folder / "profiles.yml"
    looked = ", ".join(str(folder) for folder in folders)
    raise ProfileError(f"no profiles.yml in {looked}; write one there, it is dbt's own file of connections")


def read_target(root: Path, profile: str, target: str | None = None) -> Target:
    """The target of a profile, with `env_var(...)` filled in.

    Raises ProfileError for an unknown profile or target, a variable that is not set, or a file that is not YAML.
    """
    path = find_profiles(root)
    try:
        profiles = yaml.safe_load(path.read_text()) or {}
    except yaml.YAMLError as error:
        raise ProfileError(f"{path} is not valid YAML: {error}") from None
    if profile not in profiles:
        known = [name for name in profiles if name != "config"]
        raise ProfileError(f"{path}: no profile '{profile}'{did_you_mean(profile, known)}; dbt_project.yml names it")
    entry = profiles[profile] or {}
    outputs = entry.get("outputs") or {}
    name = target or _render(str(entry.get("target", "default")), path)
    if name not in outputs:
        raise ProfileError(f"{path}: profile '{profile}' has no target '{name}'{did_you_mean(name, outputs)}")
    settings = _render(outputs[name], path)
    if "type" not in settings:
        raise ProfileError(
            f"{path}: target '{name}' of '{profile}' does not say its type; add for example type: duckdb"
        )
    return Target(profile, name, str(settings["type"]), path, settings)


def _render(value: Any, path: Path) -> Any:
    """The value with every text in it rendered as dbt does: Jinja with `env_var`."""
    if isinstance(value, dict):
        return {key: _render(item, path) for key, item in value.items()}
    if isinstance(value, list):
        return [_render(item, path) for item in value]
    if not isinstance(value, str) or "{" not in value:
        return value
    environment = SandboxedEnvironment()
    environment.globals["env_var"] = _env_var
    try:
        return environment.from_string(value).render()
    except (TemplateError, ProfileError) as error:
        raise ProfileError(f"{path}: cannot fill in '{value}': {error}") from None


def _env_var(name: str, default: str | None = None) -> str:
    value = os.environ.get(name, default)
    if value is None:
        raise ProfileError(f"the environment variable {name} is not set")
    return value
