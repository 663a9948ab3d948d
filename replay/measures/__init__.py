"""Measures of replies, the same for review and for evaluation."""
