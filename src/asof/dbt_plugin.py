"""The dbt-duckdb plugin under the name that users write in profiles.yml: `module: asof.dbt_plugin`."""

from asof.integrations.dbt_plugin import Plugin

__all__ = ["Plugin"]
