"""Signed versions: who can write to the warehouse, but has not the project's key, cannot plant an artifact that is loaded.

The key is outside of the warehouse, in the environment variable `ASOF_SIGNING_KEY`. Where it is set, training signs each
version that it registers, and a version is loaded only with a signature of that key: before a byte of its artifact is read.
A signature is HMAC with SHA-256 (RFC 2104) of the row that describes the version, and of its artifact by its hash.
"""

import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

from asof.errors import ArtifactError, ProjectError, RegistryError
from asof.registry.store import Registry
from asof.spec.project import Project

VARIABLE = "ASOF_SIGNING_KEY"
# What a version does, apart from its artifact, which counts by its hash.
SIGNED = (
    *("model", "version", "problem", "label", "feature_view", "known_by", "spec", "signature", "classes"),
    "artifact_sha256",
)
_BYTES = 32


@dataclass(frozen=True)
class SigningKey:
    """A secret of 32 bytes or more. `key_id` tells keys apart, and gives nothing of them away."""

    secret: bytes

    @classmethod
    def from_environment(cls) -> Self | None:
        """The key of the environment, None where there is none. Raises ProjectError for one that is too short or no hex."""
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

    def sign(self, row: Mapping[str, Any]) -> str:
        """The signature of a version's row, 64 hexadecimal digits."""
        return hmac.new(self.secret, _signed_bytes(row), hashlib.sha256).hexdigest()


def new_key() -> str:
    """A new key, as hexadecimal digits."""
    return secrets.token_hex(_BYTES)


def sign_version(registry: Registry, row: Mapping[str, Any], key: SigningKey) -> None:
    """Adds the signature of a version; to be called in a transaction that writes."""
    registry.append(
        "version_signatures",
        [
            {
                "model": row["model"],
                "version": row["version"],
                "key_id": key.key_id,
                "signature": key.sign(row),
                "signed_at": datetime.now(UTC),
            }
        ],
    )


def require_signature(registry: Registry, row: Mapping[str, Any], project: Project) -> None:
    """Raises ArtifactError for a version that the project's key has not signed, as it stands in the registry now.

    Without a key nothing is asked, unless the var `asof_require_signatures` says that there must be one.
    """
    key = SigningKey.from_environment()
    owner = f"{row['model']} version {row['version']}"
    if key is None:
        if project.require_signatures:
            raise ArtifactError(
                f"{owner}: the project loads signed versions only (asof_require_signatures in its vars), and {VARIABLE} "
                "is not set"
            )
        return
    found = registry.rows(
        "version_signatures",
        "model = ? and version = ? and key_id = ?",
        [row["model"], row["version"], key.key_id],
        columns=("signature",),
    )
    expected = key.sign(row)
    if not any(hmac.compare_digest(str(each["signature"]).encode(), expected.encode()) for each in found):
        raise ArtifactError(
            f"{owner}: {'its row was changed after the key of' if found else 'it has no signature of the key in'} "
            f"{VARIABLE} ({key.key_id}){' had signed it' if found else ''}; if you know where it comes from: "
            f"asof keys sign {row['model']} {row['version']}"
        )


def sign_versions(project: Project, model: str, versions: tuple[int, ...] = ()) -> list[int]:
    """Signs versions of a model with the key of the environment, all where none is named; those that had no right signature.

    Their artifacts are not read. Raises ProjectError without a key, RegistryError for a version that is not there.
    """
    key = SigningKey.from_environment()
    if key is None:
        raise ProjectError(f"{VARIABLE} is not set; make a key with: export {VARIABLE}=$(asof keys new)")
    with project.warehouse() as warehouse, warehouse.transaction():
        registry = Registry(project, warehouse)
        registry.create()
        rows = registry.rows("model_versions", "model = ?", [model], columns=SIGNED, order_by="version")
        missing = sorted(set(versions) - {row["version"] for row in rows})
        if missing or not rows:
            raise RegistryError(
                f"model {model} has no version{f' {missing[0]}' if missing else ''}; see which it has with: asof status"
            )
        signed = []
        for row in rows:
            if versions and row["version"] not in versions:
                continue
            try:
                require_signature(registry, row, project)
            except ArtifactError:
                sign_version(registry, row, key)
                signed.append(row["version"])
    return signed


def _signed_bytes(row: Mapping[str, Any]) -> bytes:
    """The row as one text that no two rows share: JSON with its keys in order, moments in UTC."""
    fields = {name: row[name] for name in SIGNED}
    known_by = fields["known_by"]
    fields["known_by"] = known_by.astimezone(UTC).isoformat() if isinstance(known_by, datetime) else str(known_by)
    return json.dumps(fields, sort_keys=True, default=str).encode()
