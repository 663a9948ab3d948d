"""One user verb a function: what the window and the command line do to the store."""
