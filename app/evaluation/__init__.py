"""Suites, exam over HTTP, gate and report: nothing goes live that is not better."""
