"""The model specs: the YAML files in `models/`, and nothing else."""
