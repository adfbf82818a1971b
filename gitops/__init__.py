"""GitOps repositories: the services of a stack as a tree of files that Argo CD or Flux delivers.

The program is asked what it would install, so that a repository and Pulumi never mean different things. What is in
such a repository, and what stays the program's, is in docs/gitops.md.
"""
