"""Words of F5 NGINX Ingress Controller that more than one component says.

NGINX takes one Ingress for a host and refuses the others, unless they are parts of one: a master that owns the host and
its TLS, and minions, in any namespace, that own paths.
https://docs.nginx.com/nginx-ingress-controller/configuration/ingress-resources/cross-namespace-configuration/
"""

from __future__ import annotations

CLASS = "nginx"

_PART = "nginx.org/mergeable-ingress-type"
MASTER = {_PART: "master"}
"""Annotations of the Ingress that owns a host."""
MINION = {_PART: "minion"}
"""Annotations of an Ingress that serves paths of a host that the controller was given."""
