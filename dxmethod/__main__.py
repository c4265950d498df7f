"""``python -m dxmethod`` is the dxmethod command."""

import sys

from .cli import main

if __name__ == "__main__":
    sys.exit(main())
