"""`python -m asof`: the command line, as `asof`."""

from asof.cli import main

if __name__ == "__main__":
    main()
