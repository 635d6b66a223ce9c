"""Training: from a feature view and a model spec to a registered version. Meets inference only in the registry."""
