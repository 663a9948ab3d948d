"""Everything that goes out again: one module a format, and how a file is written whole."""
