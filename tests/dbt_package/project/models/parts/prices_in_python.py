"""A group that is a Python model."""


def model(dbt, session):  # noqa: ARG001
    """The prices as they are."""
    return dbt.ref("prices")
