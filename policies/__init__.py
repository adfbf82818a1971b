"""Policies: what no graph of a platform may have, whoever wrote the component that made it."""
