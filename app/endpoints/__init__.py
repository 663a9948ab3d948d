"""Endpoints on loopback through which other programs talk to the personas."""
