"""`python -m sandbox`, with the packages of the project's virtualenv whichever Python was asked."""

import sys

from tools import venv

venv.enter("sandbox")

from sandbox.cli import main  # noqa: E402

sys.exit(main())
