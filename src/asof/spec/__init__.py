"""What a user's project says: where its parts are, and the model specs in `models/`."""
