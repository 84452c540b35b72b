"""`python -m graphview`."""

from graphview.cli import main

if __name__ == "__main__":
    main()
