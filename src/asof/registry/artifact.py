"""Artifacts: fitted estimators as skops files, read against an allow-list that is the project's, never the file's."""

import hashlib
import io
import json
import math
import zipfile
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Self

from numpy.lib import format as npy

from asof.errors import ArtifactError, remedy
from asof.project import Project

# What fitted estimators of the stack are made of, besides what skops trusts by itself.
ALLOWED_TYPES = (
    "numpy.dtype",
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._SigmoidCalibration",
    "sklearn.calibration._TemperatureScaling",
    "xgboost.core.Booster",
    "xgboost.sklearn.XGBClassifier",
    "xgboost.sklearn.XGBRegressor",
)


# scikit-learn's histogram trees bind an argument of their own check of arrays; what else is bound may be any function
_PARTIAL = "functools.partial"
_CHECK_ARRAY = ("sklearn.utils.validation", "check_array")


@dataclass(frozen=True)
class Trust:
    """What a project lets an artifact be: types besides those that are allowed anyway, and bytes, packed and unpacked."""

    types: tuple[str, ...] = ()
    max_bytes: int = 1 << 30

    @classmethod
    def of(cls, project: Project) -> Self:
        return cls(project.trusted_types, project.max_artifact_bytes)


def dump_artifact(estimator: Any, trust: Trust, owner: str) -> bytes:
    """A fitted estimator as bytes. Raises ArtifactError for a type or a size that could not be read back."""
    content: bytes = skops_io().dumps(estimator)
    _refuse_untrusted(content, trust, owner)
    return content


def load_artifact(content: bytes, sha256: str, trust: Trust, owner: str) -> Any:
    """The estimator in an artifact.

    Raises ArtifactError when its bytes are not those that were registered, there are too many of them, or it holds a type
    that is not allowed; in each case nothing of it has run.
    """
    actual = artifact_hash(content)
    if actual != sha256:
        raise ArtifactError(
            f"{owner}: the artifact's SHA-256 is {actual[:12]}…, {sha256[:12]}… was registered; its bytes have changed: "
            "restore the warehouse from a backup, or train again"
        )
    allowed = _refuse_untrusted(content, trust, owner)
    try:
        return skops_io().loads(content, trusted=allowed)
    except Exception as error:  # its bytes may be anything, and so may what reading them raises
        raise ArtifactError(
            f"{owner}: the artifact cannot be read here: {type(error).__name__}: {error}; "
            f"install what it was made with (environment in model_versions), or train again{remedy(error)}"
        ) from error


def skops_io() -> Any:
    """The module skops.io. It imports all of scikit-learn to list its types, which takes a second: ask for it early, beside
    other work.
    """
    return import_module("skops.io")


def artifact_hash(content: bytes) -> str:
    """SHA-256 in hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def _refuse_untrusted(content: bytes, trust: Trust, owner: str) -> list[str]:
    allowed = {*ALLOWED_TYPES, *trust.types}
    try:
        _refuse_size(content, trust, owner)
        asked = skops_io().get_untrusted_types(data=content)
        if _PARTIAL in asked and _binds_check_array_alone(content):
            allowed |= {_PARTIAL, ".".join(_CHECK_ARRAY)}
    except ArtifactError:
        raise
    except Exception as error:  # noqa: BLE001  # its bytes may be anything, and so may what reading them raises
        reason = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        raise ArtifactError(f"{owner}: the artifact is not a file that skops can read: {reason}") from None
    own = sorted(name for name in asked if name.startswith("<run_path>."))
    if own:
        raise ArtifactError(
            f"{owner}: the artifact contains {', '.join(own).replace('<run_path>.', '')} from the estimator's own file, which "
            "nothing could read back; put it into an installed package, and that name into the var asof_trusted_types"
        )
    refused = sorted(set(asked) - allowed)
    if refused:
        raise ArtifactError(
            f"{owner}: the artifact contains {', '.join(refused)}, which the project does not allow; if you trust it, "
            "add it to the var asof_trusted_types in dbt_project/dbt_project.yml"
        )
    return sorted(set(asked) & allowed)


def _binds_check_array_alone(content: bytes) -> bool:
    """Whether each bound function of an artifact is scikit-learn's `check_array`."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        waiting = [json.loads(archive.read("schema.json"))]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            if node.get("__class__") == "partial" or node.get("__loader__") == "PartialNode":
                bound = node["content"]["func"]
                if (bound["__module__"], bound["__class__"], bound["__loader__"]) != (*_CHECK_ARRAY, "FunctionNode"):
                    return False
            waiting += node.values()
        elif isinstance(node, list):
            waiting += node
    return True


def _refuse_size(content: bytes, trust: Trust, owner: str) -> None:
    """What it unpacks to counts, too: a small file can hold a very large one. zipfile reads no more than is declared."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        size = max(len(content), sum(member.file_size for member in archive.infolist()))
        declared = max((_declared_bytes(archive, member) for member in archive.infolist()), default=0)
    size = max(size, declared)
    if size > trust.max_bytes:
        raise ArtifactError(
            f"{owner}: the artifact has {size / 2**20:,.0f} MiB, the project allows {trust.max_bytes / 2**20:,.0f}; "
            "make the estimator smaller, or raise the var asof_max_artifact_mb in dbt_project/dbt_project.yml"
        )


def _declared_bytes(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> int:
    """The size that the header of an array states; NumPy asks for so much memory before it reads the array itself."""
    if not member.filename.endswith(".npy"):
        return 0
    with archive.open(member) as file:
        version = npy.read_magic(file)
        shape, _, dtype = npy.read_array_header_1_0(file) if version == (1, 0) else npy.read_array_header_2_0(file)
    return math.prod(shape) * int(dtype.itemsize)
