"""The program: read the stack's file, build what it describes, export what came up."""

from stacks.config import read
from stacks.platform import build

build(read())
