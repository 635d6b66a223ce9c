"""What a feature view is: its parts, its columns and their signature, its builds, and where its columns come from."""
