"""`python3 -m drift --baseline FILE --report FILE`, as the timer and the product's command run it."""

import sys

from .check import main

sys.exit(main())
