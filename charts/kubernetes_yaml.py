"""YAML as Kubernetes reads it."""

from __future__ import annotations

import yaml


class Yaml(yaml.CSafeLoader):
    """YAML 1.1 without the `=` value type, which CRDs have as a plain word."""


Yaml.add_constructor("tag:yaml.org,2002:value", lambda loader, node: node.value)
