"""User interfaces of what has none of its own: each behind the ingress, reached from nowhere else."""
