"""`python -m smearjax`, the same as the command `smearjax`."""

import sys

from smearjax.cli import main

if __name__ == "__main__":
    sys.exit(main())
