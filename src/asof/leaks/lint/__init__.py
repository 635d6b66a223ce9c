"""`asof lint`: leaks that can be read off the compiled SQL of a feature view's lineage, without touching data."""
