"""The registry: runs, metrics, versions, artifacts and aliases, as tables of the warehouse."""
