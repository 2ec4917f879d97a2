"""`python -m tests.node`: a service, and the libraries of Node that judge it."""

import json
import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from joserfc.jwk import ECKey
from tests.judges.instance import running_service


def main():
    """Exit as they do."""
    key = ECKey.generate_key("P-256", {"kid": "judge", "alg": "ES256", "use": "sig"})
    with ExitStack() as running:
        folder = Path(running.enter_context(tempfile.TemporaryDirectory(prefix="reticket-")))
        service = running.enter_context(running_service(folder, key.as_dict(private=False)))
        said = {
            "RETICKET_URL": service.url,
            "RETICKET_KEY": json.dumps(key.as_dict(private=True)),
        }
        here = Path(__file__).parent
        judged = subprocess.run(["node", "--test"], cwd=here, env=os.environ | said, check=False)
    sys.exit(judged.returncode)


if __name__ == "__main__":
    main()
