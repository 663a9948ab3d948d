"""What the app and the trainer agree on: recipe, run spec, events, run folder (torch-free)."""
