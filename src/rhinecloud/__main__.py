"""`python -m rhinecloud` is the same as the command `rhinecloud`."""

from rhinecloud.cli import main

main()
