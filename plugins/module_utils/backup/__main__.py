"""`python3 -m tools.backup --plan FILE`, as the timer and the product's command run it."""

import sys

from .command import main

sys.exit(main())
