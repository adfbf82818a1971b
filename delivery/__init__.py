"""From a commit to a running service, and from a pull request to infrastructure: the steps that carry logic.

Workflows call these by `python -m delivery COMMAND`; so can anybody at a shell. They need Python and git, and PyYAML
beside the standard library, so that an application's pipeline installs one package.
"""
