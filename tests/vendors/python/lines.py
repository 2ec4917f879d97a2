"""Runs an action for each line, as `node/lines.cjs` does."""

import json
import sys


def run(actions, failures=Exception):
    """Answer until the input ends.

    Args:
        actions: functions by their names.
        failures: classes of the client's errors.
    """
    for line in sys.stdin:
        name, given = json.loads(line)
        try:
            said = {"gave": actions[name](**given)}
        except failures as error:
            said = {"failed": f"{type(error).__name__}: {shown(error)}"}
        sys.stdout.write(f"> {json.dumps(said)}\n")
        sys.stdout.flush()


def shown(error):
    """The text of an error. Some clients give it no text, but members."""
    return str(error) or json.dumps(vars(error))
