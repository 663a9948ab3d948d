"""The archive of a persona: one ZIP that another home takes in with nothing lost."""
