"""`python -m reticket`."""

from reticket.app import main

main()
