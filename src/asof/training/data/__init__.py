"""The rows that a model is fitted and judged on: chosen, split and hashed in the warehouse, read in narrow types."""
