"""Signatures of versions, so that write access to the warehouse is not enough to plant an artifact.

The key is kept outside the warehouse, in the environment variable `ASOF_SIGNING_KEY`. With a key, training signs each version
that it registers, and loading checks the signature before it reads the artifact. A signature is HMAC with SHA-256 (RFC 2104)
over the columns that describe the version, the artifact's hash among them.
"""

import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

from asof.clock import written
from asof.errors import ArtifactError, ProjectError, RegistryError
from asof.project import Project, project_of
from asof.registry.rows import SignatureRow, VersionRow
from asof.registry.store import Registry, writing
from asof.registry.versions import later_versions, missing_version, versions_of

VARIABLE = "ASOF_SIGNING_KEY"
# The columns that say what a version does; the artifact counts by its hash.
SIGNED = (
    "model",
    "version",
    "problem",
    "label",
    "feature_view",
    "known_by",
    "spec",
    "signature",
    "classes",
    "artifact_sha256",
)
_BYTES = 32


@dataclass(frozen=True)
class SigningKey:
    """A secret of at least 32 bytes. `key_id` identifies the key without revealing it."""

    secret: bytes

    @classmethod
    def from_environment(cls) -> Self | None:
        """The key in the environment, or None. Raises ProjectError if it is too short or not hexadecimal."""
        text = os.environ.get(VARIABLE, "").strip()
        if not text:
            return None
        try:
            secret = bytes.fromhex(text)
        except ValueError:
            secret = b""
        if len(secret) < _BYTES:
            raise ProjectError(
                f"{VARIABLE} is not {2 * _BYTES} or more hexadecimal digits; make a key with: asof keys new"
            )
        return cls(secret)

    @property
    def key_id(self) -> str:
        return hashlib.sha256(b"asof key " + self.secret).hexdigest()[:16]

    def sign(self, row: VersionRow) -> str:
        """The signature of a version's row, 64 hexadecimal digits."""
        return hmac.new(self.secret, _signed_bytes(row), hashlib.sha256).hexdigest()


def new_key() -> str:
    """A new key, as hexadecimal digits."""
    return secrets.token_hex(_BYTES)


def sign_version(registry: Registry, row: VersionRow, key: SigningKey) -> None:
    """Adds the signature of a version; to be called in a transaction that writes."""
    signature = SignatureRow(
        model=row.model,
        version=row.version,
        key_id=key.key_id,
        signature=key.sign(row),
        signed_at=datetime.now(UTC),
    )
    registry.append([signature])


def require_signature(registry: Registry, row: VersionRow, project: Project) -> None:
    """Raises ArtifactError unless the project's key has signed this row of `model_versions` as it is now.

    Without a key every version passes, unless the var `asof_require_signatures` is set.
    """
    key = SigningKey.from_environment()
    owner = row.title
    if key is None:
        if project.require_signatures:
            raise ArtifactError(
                f"{owner}: the project loads only signed versions (var asof_require_signatures), and {VARIABLE} is not set; "
                f"set it to the project's key, or make one with: export {VARIABLE}=$(asof keys new)"
            )
        return
    of_key = ("model = ? and version = ? and key_id = ?", [row.model, row.version, key.key_id])
    found = registry.select(SignatureRow, *of_key)
    expected = key.sign(row)
    if not any(hmac.compare_digest(str(each.signature).encode(), expected.encode()) for each in found):
        raise ArtifactError(
            f"{owner}: {'its row was changed after the key of' if found else 'it has no signature of the key in'} "
            f"{VARIABLE} ({key.key_id}){' had signed it' if found else ''}; if you know where it comes from: "
            f"asof keys sign {row.model} {row.version}"
        )


def sign_versions(model: str, versions: Sequence[int] = (), project: Project | None = None) -> list[int]:
    """Signs versions of a model, all of them by default, and returns those that had no valid signature yet.

    The artifacts are not read. Raises ProjectError without a key, RegistryError for a version that is not there.
    """
    project = project_of(project, "sign_versions(model, versions, project)", model, versions)
    key = SigningKey.from_environment()
    if key is None:
        raise ProjectError(f"{VARIABLE} is not set; make a key with: export {VARIABLE}=$(asof keys new)")
    with writing(project) as registry:
        now = project.clock.now()
        trained = versions_of(registry, model)
        rows = [row for row in trained if row.known_by <= now]
        missing = sorted(set(versions) - {row.version for row in rows})
        if missing:
            raise missing_version(model, missing[0], now, trained)
        if not rows:
            raise RegistryError(f"model {model} has no version to sign by {written(now)}{later_versions(trained, now)}")
        signed = []
        for row in rows:
            if versions and row.version not in versions:
                continue
            try:
                require_signature(registry, row, project)
            except ArtifactError:
                sign_version(registry, row, key)
                signed.append(row.version)
    return signed


def _signed_bytes(row: VersionRow) -> bytes:
    """The signed columns as JSON with sorted keys, moments in UTC: different rows give different bytes."""
    fields = {name: getattr(row, name) for name in SIGNED}
    known_by = fields["known_by"]
    fields["known_by"] = known_by.astimezone(UTC).isoformat() if isinstance(known_by, datetime) else str(known_by)
    return json.dumps(fields, sort_keys=True, default=str).encode()
