"""Column lineage: from which columns, and through which expressions, a column comes; within a query and across models."""
