"""Forgetting in files: what forgotten words are known by, and their removal from a home."""
