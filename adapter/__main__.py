"""`python -m adapter` is `planbridge`."""

import sys

from adapter.cli import main

sys.exit(main())
