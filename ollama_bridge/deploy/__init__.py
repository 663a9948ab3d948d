"""Putting a persona into the user's own Ollama, checking it there, and taking it out again."""
