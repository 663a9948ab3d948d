"""What a month teaches: pure functions from conversations to a mix that explains itself."""
