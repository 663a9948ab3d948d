"""Perennial's app: the store, the verbs, the monthly cycle, the examination and the window."""
