"""Reads the YAML files of a project, each a mapping; whatever is wrong with one is told with its path."""

from pathlib import Path
from typing import Any

import yaml

from asof.errors import ProjectError


def read_yaml(path: Path, refusal: type[ProjectError], shown: str | None = None) -> dict[str, Any]:
    """The mapping in a YAML file. Raises `refusal`; `shown` is what to call the file there, else its path."""
    shown = shown or str(path)
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), _Strict)  # noqa: S506  # a SafeLoader
    except OSError as error:
        raise refusal(f"{shown} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise refusal(f"{shown} is not UTF-8: {error.reason} at byte {error.start}; save it as UTF-8") from None
    except yaml.MarkedYAMLError as error:  # its own words quote the line, in which a password may stand
        mark = error.problem_mark or error.context_mark
        place = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
        raise refusal(f"{shown} is not valid YAML: {error.problem or error.context}{place}") from None
    except (yaml.YAMLError, ValueError) as error:  # ValueError: a date that is none, as 2013-13-01
        raise refusal(f"{shown} is not valid YAML: {error}") from None
    except RecursionError:
        raise refusal(f"{shown} is nested too deeply to be read") from None
    return as_mapping(content, shown, refusal)


class _Strict(yaml.SafeLoader):
    """Refuses a mapping with a key that is there twice, of which the last would win."""

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Called before the keys of `<<` are merged in, which a key of the mapping's own may replace."""
        seen: dict[Any, yaml.Mark] = {}
        for key, _ in node.value:
            if key.value in seen and key.tag != "tag:yaml.org,2002:merge":
                raise yaml.constructor.ConstructorError(
                    None,
                    None,
                    f"the key '{key.value}' is there twice, first in line {seen[key.value].line + 1}",
                    key.start_mark,
                )
            if isinstance(key, yaml.ScalarNode):
                seen[key.value] = key.start_mark
        super().flatten_mapping(node)


def as_names(value: object, what: str, refusal: type[ProjectError]) -> tuple[str, ...]:
    """The texts of a list, none for nothing. Raises `refusal` for anything else."""
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise refusal(f"{what}: expected a list of names, got {value!r}; write [{value}]")
    return tuple(value)


def as_mapping(value: object, what: str, refusal: type[ProjectError]) -> dict[str, Any]:
    """The value where it is a mapping, nothing as an empty one. Raises `refusal` for anything else."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        kind = "a list" if isinstance(value, list) else f"'{value}'"
        raise refusal(f"{what}: expected a mapping (key: value), got {kind}")
    return value
