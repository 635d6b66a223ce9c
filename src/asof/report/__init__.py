"""The report of a version, from what the registry holds of it: one HTML file with its charts inside, or a model card."""
