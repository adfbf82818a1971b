#!/usr/bin/env python3
"""Hands a rendered chart on without its Issuers: for Helm to run after rendering, with whichever Python there is.

plugin-barman-cloud has one that cert-manager would have to be there for, though nothing asks it for a certificate.
"""

import re
import sys

documents = re.split(r"^---[ \t]*$", sys.stdin.read(), flags=re.MULTILINE)
kept = (each for each in documents if not re.search(r"^kind: Issuer$", each, re.MULTILINE))
sys.stdout.write("---".join(kept))
