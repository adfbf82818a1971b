"""The program: read the stack's file, build what it describes, export what came up."""

import gc

# What a run allocates, nearly all of it classes of the SDKs, lives until its end: collecting in the meantime takes an
# eighth of a preview and frees nothing.
gc.disable()

from stacks.config import read  # noqa: E402
from stacks.platform import build  # noqa: E402

build(read())
