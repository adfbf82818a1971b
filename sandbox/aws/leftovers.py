def leftovers(account): return {}
