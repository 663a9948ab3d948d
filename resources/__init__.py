"""Recipes, suites, starter replay, the demo month, themes and translations."""
