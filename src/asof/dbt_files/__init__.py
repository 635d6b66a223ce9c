"""dbt's own files: its profiles, its manifest and its vars, and running dbt itself."""
