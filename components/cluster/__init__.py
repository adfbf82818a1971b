"""Clusters: one contract, four ways to keep it."""
