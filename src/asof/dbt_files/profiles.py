"""Reads dbt's own `profiles.yml`, the only place where a connection is described."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from jinja2 import TemplateError
from jinja2.sandbox import SandboxedEnvironment

from asof.errors import ProfileError, did_you_mean
from asof.yaml_file import as_mapping, read_yaml


@dataclass(frozen=True)
class Target:
    """One target of a profile: what dbt calls an output."""

    profile: str
    name: str
    adapter: str
    file: Path
    root: Path
    settings: dict[str, Any] = field(default_factory=dict)


def find_profiles(root: Path) -> Path:
    """`profiles.yml` from DBT_PROFILES_DIR, the project's root or ~/.dbt, in the order in which dbt looks.

    Raises ProfileError when there is none.
    """
    folders = [Path(os.environ["DBT_PROFILES_DIR"]).resolve()] if os.environ.get("DBT_PROFILES_DIR") else []
    folders += [root, Path.home() / ".dbt"]
    for folder in folders:
        if (folder / "profiles.yml").is_file():
            return folder / "profiles.yml"
    looked = ", ".join(str(folder) for folder in folders)
    raise ProfileError(f"no profiles.yml in {looked}; write one there, it is dbt's own file of connections")


def read_target(root: Path, profile: str, target: str | None = None) -> Target:
    """The target of a profile, with `env_var(...)` filled in: the one named, else as dbt chooses it.

    Raises ProfileError for an unknown profile or target, a variable that is not set, or a file that is not YAML.
    """
    path = find_profiles(root)
    profiles = read_yaml(path, ProfileError)
    profile = render(profile, path)
    if profile not in profiles:
        known = [name for name in profiles if name != "config"]
        raise ProfileError(f"{path}: no profile '{profile}'{did_you_mean(profile, known)}; dbt_project.yml names it")
    entry = as_mapping(profiles[profile], f"{path}: profile '{profile}'", ProfileError)
    outputs = as_mapping(entry.get("outputs"), f"{path}: outputs of '{profile}'", ProfileError)
    name = target or os.environ.get("DBT_TARGET") or render(str(entry.get("target", "default")), path)
    if name not in outputs:
        raise ProfileError(f"{path}: profile '{profile}' has no target '{name}'{did_you_mean(name, outputs)}")
    what = f"{path}: target '{name}' of '{profile}'"
    settings = render(as_mapping(outputs[name], what, ProfileError), path)
    if "type" not in settings:
        raise ProfileError(f"{what} does not say its type; add for example type: duckdb")
    for part in ("settings", "config_options"):
        settings[part] = as_mapping(settings.get(part), f"{what}: {part}", ProfileError)
    return Target(profile, name, str(settings["type"]), path, root, settings)


def write_scratch_profile(target: Target, folder: Path, warehouse: Path, attach: Sequence[dict[str, Any]] = ()) -> None:
    """Writes a profiles.yml to `folder` in which a DuckDB target has another warehouse; what it attaches, it reads only."""
    own = [{**entry, "read_only": True} for entry in target.settings.get("attach") or []]
    settings = {**target.settings, "path": str(warehouse), "attach": [*own, *attach]}
    profile = {target.profile: {"target": target.name, "outputs": {target.name: settings}}}
    (folder / "profiles.yml").write_text(yaml.safe_dump(profile))


def render(value: Any, path: Path, key: str = "") -> Any:
    """The value with each text in it rendered as dbt does: Jinja with `env_var`.

    Raises ProfileError, which names the key but not the value: that may be a password.
    """
    if isinstance(value, dict):
        return {name: render(item, path, f"{key}{'.' if key else ''}{name}") for name, item in value.items()}
    if isinstance(value, list):
        return [render(item, path, key) for item in value]
    if not isinstance(value, str) or "{" not in value:
        return value
    environment = SandboxedEnvironment()
    environment.globals["env_var"] = _env_var
    # dbt's own filters: the text that they are applied to is read as YAML, or left as text.
    typed = ("as_number", "as_bool", "as_native")
    environment.filters |= dict.fromkeys([*typed, "as_text"], str)
    try:
        text = environment.from_string(value).render()
        return yaml.safe_load(text) if any(name in value for name in typed) else text
    except (TemplateError, ProfileError) as error:
        raise ProfileError(f"{path}: cannot fill in the Jinja{f' of {key}' if key else ''}: {error}") from None
    except yaml.YAMLError:
        raise ProfileError(f"{path}: what the Jinja{f' of {key}' if key else ''} gives is not valid YAML") from None


def _env_var(name: str, default: str | None = None) -> str:
    value = os.environ.get(name, default)
    if value is None:
        raise ProfileError(f"the environment variable {name} is not set")
    return value
