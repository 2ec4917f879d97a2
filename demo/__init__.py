"""Two services that answer as one, to try: `python -m demo postgresql|cluster`."""
