"""`python -m app.control RUNTIME_FOLDER [SETTINGS]`."""

import sys

from app.control.process import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
