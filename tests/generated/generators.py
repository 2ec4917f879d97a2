"""The generators, with the commands that write a client, compile it and run a life with it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent / "lives"
OWN = Path(sys.prefix) / "generated"
"""A virtual environment, and the jar."""
BIN = OWN / "bin"
JAR = OWN / "openapi-generator-cli.jar"
PATIENCE = 300
"""Seconds: a generator, a compiler or a life that takes longer has failed."""


class OpenapiPythonClient:
    """Writes a Python package for each document."""

    lives = HERE / "openapi_python_client"

    def begin(self, folder):
        """Nothing is needed beforehand."""

    def generate(self, folder, name):
        """Fail where a part of the document was left out."""
        command = [BIN / "openapi-python-client", "generate", "--fail-on-warning", "--meta=none"]
        ran([*command, f"--path={folder / name}.json", f"--output-path={folder / name}"])

    def compile(self, folder):
        """Python needs no compiler."""

    def live(self, folder, name, said):
        ran([BIN / "python", "-P", self.lives / f"{name}.py"], said | {"PYTHONPATH": str(folder)})


class OpenapiGenerator(OpenapiPythonClient):
    """Writes a Python package too, of another shape; it refuses a document that is not valid."""

    lives = HERE / "openapi_generator"

    def generate(self, folder, name):
        command = ["java", "-jar", JAR, "generate", "--generator-name=python"]
        ran([*command, f"--input-spec={folder / name}.json", f"--output={folder}",
             f"--package-name={name}"])  # fmt: skip


class OpenapiTypescript:
    """Writes the types of each document, which the compiler holds against the lives."""

    lives = HERE / "openapi_typescript"

    def begin(self, folder):
        """Copy the lives beside the types that they name."""
        for path in self.lives.iterdir():
            if path.is_file():
                shutil.copy(path, folder)
        (folder / "node_modules").symlink_to(self.lives / "node_modules")

    def generate(self, folder, name):
        command = folder / "node_modules/.bin/openapi-typescript"
        ran([command, folder / f"{name}.json", "--output", folder / f"generated/{name}.d.ts"])

    def compile(self, folder):
        ran([folder / "node_modules/.bin/tsc", "--project", folder])

    def live(self, folder, name, said):
        ran(["node", folder / f"{name}.js"], said)


GENERATORS = {
    "openapi-python-client": OpenapiPythonClient(),
    "openapi-generator": OpenapiGenerator(),
    "openapi-typescript": OpenapiTypescript(),
}


def ran(command, said=None):
    """Run a program to its end, and show what it says if it fails."""
    path = {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    process = subprocess.run(
        list(map(str, command)),
        env={**os.environ, **path, **(said or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert process.returncode == 0, process.stdout
