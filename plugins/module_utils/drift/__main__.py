"""`python3 -m drift --root /srv/NAME`, as the timer and the product's command run it."""

import sys

from .check import main

sys.exit(main())
