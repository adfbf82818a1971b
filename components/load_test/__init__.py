"""Load tests of the data tier: jobs in the cluster, with the engines' own tools."""
