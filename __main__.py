"""The program: read the stack's file, build what it describes, export what came up."""

import gc
import linecache

from stacks import lazy_sdks

# What a run allocates lives until its end: collecting in the meantime takes time and frees nothing.
gc.disable()
lazy_sdks.install()

from stacks.config import read  # noqa: E402
from stacks.platform import build  # noqa: E402

build(read())

# Pulumi asks where each resource was made, upon which Python keeps the text of every file on the way.
linecache.clearcache()
