"""The data tier: each engine answers with the same endpoint, whoever runs it."""
