"""Observability: who watches, and what is watched."""
