"""The reference system on a slice of the real flights, built by the commands that a user types."""
