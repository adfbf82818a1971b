"""Getting the programs groundwork runs (pulumi, helm, actionlint) onto the machine.

    >>> from tools import ensure
    >>> ensure("pulumi")
    PosixPath('/home/me/.cache/groundwork/tools/pulumi-3.258.0/pulumi')

Only the standard library is used: this package also runs before the virtualenv is filled, and fills it.
"""

from tools.install import ToolUnavailable, ensure

__all__ = ["ToolUnavailable", "ensure"]
