"""``python -m freeq_cli``: the ``freeq`` command where it is not installed as one."""

import sys

from freeq_cli.main import main

sys.exit(main())
