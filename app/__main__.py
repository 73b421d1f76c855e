"""`python -m app`: the command line; without words, the desk on the shipped session."""

import sys

from app.cli import main

if __name__ == "__main__":
    main(sys.argv[1:] or ["run"])
