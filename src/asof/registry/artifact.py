"""Artifacts: fitted estimators as skops files, read against an allow-list that is the project's, never the file's."""

import hashlib
import zipfile
from collections.abc import Iterable
from typing import Any

import skops.io

from asof.errors import ArtifactError

# What fitted estimators of the stack are made of, besides what skops trusts by itself.
ALLOWED_TYPES = (
    "numpy.dtype",
    "sklearn.calibration._CalibratedClassifier",
    "xgboost.core.Booster",
    "xgboost.sklearn.XGBClassifier",
    "xgboost.sklearn.XGBRegressor",
)


def dump_artifact(estimator: Any, trusted_types: Iterable[str], owner: str) -> bytes:
    """A fitted estimator as bytes. Raises ArtifactError for a type that could not be read back."""
    content: bytes = skops.io.dumps(estimator)
    _refuse_untrusted(content, trusted_types, owner)
    return content


def load_artifact(content: bytes, sha256: str, trusted_types: Iterable[str], owner: str) -> Any:
    """The estimator in an artifact.

    Raises ArtifactError when its bytes are not those that were registered, or it holds a type that is not allowed;
    in both cases nothing of it has run.
    """
    actual = artifact_hash(content)
    if actual != sha256:
        raise ArtifactError(
            f"{owner}: the artifact's SHA-256 is {actual[:12]}…, {sha256[:12]}… was registered; its bytes have changed: "
            "restore the warehouse from a backup, or train anew"
        )
    allowed = _refuse_untrusted(content, trusted_types, owner)
    try:
        return skops.io.loads(content, trusted=allowed)
    except (ImportError, AttributeError, TypeError) as error:
        raise ArtifactError(
            f"{owner}: the artifact cannot be read here: {type(error).__name__}: {error}; "
            "install what it was made with (environment in model_versions), or train anew"
        ) from error


def artifact_hash(content: bytes) -> str:
    """SHA-256 in hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def _refuse_untrusted(content: bytes, trusted_types: Iterable[str], owner: str) -> list[str]:
    allowed = {*ALLOWED_TYPES, *trusted_types}
    try:
        asked = skops.io.get_untrusted_types(data=content)
    except (KeyError, TypeError, ValueError, zipfile.BadZipFile) as error:
        raise ArtifactError(f"{owner}: the artifact is not a file that skops can read: {error}") from None
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
