"""Stacks: how components become a platform, one composition for each kind of cluster."""
