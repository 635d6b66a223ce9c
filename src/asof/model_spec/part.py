"""What all parts of a model spec have in common."""

from pydantic import BaseModel, ConfigDict


class SpecPart(BaseModel):
    """A part of a spec: unknown keys are refused, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
