"""Conversations that come from elsewhere."""
