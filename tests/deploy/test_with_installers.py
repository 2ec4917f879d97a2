"""The wheel is installed where nothing else is, and the service starts from it."""

import shlex
import sys

import pytest
from tests.deploy.installed import run, serving_demo, signs_in_and_refreshes, versions
from tests.deploy.proxies import DEPLOY
from tests.package.conftest import ROOT, build


@pytest.fixture(scope="session")
def distributions(tmp_path_factory):
    return build(ROOT, tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="session")
def constraints(tmp_path_factory):
    lock = ROOT / "requirements.lock"
    return versions(lock, tmp_path_factory.mktemp("lock") / "constraints.txt")


@pytest.mark.parametrize("kind", ["sdist", "wheel"])
def test_the_wheel_installs_into_an_empty_venv(distributions, constraints, tmp_path, kind):
    """pip chooses what the metadata ask for; the lock says only in which version."""
    run(sys.executable, "-m", "venv", "venv", cwd=tmp_path)
    python = tmp_path / "venv" / "bin" / "python"
    chosen = distributions[["sdist", "wheel"].index(kind)]
    run(python, "-m", "pip", "install", "--quiet", "-c", constraints, chosen, cwd=tmp_path)
    run(python, "-m", "pip", "check", cwd=tmp_path)
    with serving_demo(python.with_name("reticket"), tmp_path) as url:
        assert signs_in_and_refreshes(url)


def test_pipx_installs_it_and_the_demo_starts(distributions, constraints, tmp_path):
    places = {"PIPX_HOME": str(tmp_path / "pipx"), "PIPX_BIN_DIR": str(tmp_path / "bin")}
    chosen = f"--pip-args=--constraint {constraints}"
    run("pipx", "install", chosen, distributions[1], cwd=tmp_path, **places)
    with serving_demo(tmp_path / "bin" / "reticket", tmp_path) as url:
        assert signs_in_and_refreshes(url)


def steps():
    """The RUN lines of the stage that builds the image, and what it copies, in their order."""
    text = (DEPLOY / "container" / "Containerfile").read_text().replace("\\\n", "")
    stage = text.split("\nFROM ")[1]
    for line in stage.splitlines():
        word, _, rest = line.partition(" ")
        if word in ("COPY", "RUN"):
            yield word, rest


def test_the_build_steps_of_the_image_result_in_a_working_service(tmp_path):
    """Without a container engine: in a folder that has only what the file copies."""
    (tmp_path / "opt").mkdir()
    (tmp_path / "src").mkdir()
    for word, rest in steps():
        if word == "COPY":
            *sources, target = rest.split()
            place = tmp_path / "src" / target
            made = place if target.endswith("/") else place.parent
            made.mkdir(parents=True, exist_ok=True)
            run("cp", "-r", *(ROOT / each for each in sources), place, cwd=ROOT)
        else:
            command = rest.replace("/opt/", f"{tmp_path}/opt/").replace("--no-cache-dir ", "")
            python = shlex.quote(sys.executable)
            command = command.replace("python -m venv", f"{python} -m venv")
            run("sh", "-c", command, cwd=tmp_path / "src")
    with serving_demo(tmp_path / "opt" / "reticket" / "bin" / "reticket", tmp_path) as url:
        assert signs_in_and_refreshes(url)


def test_files_that_the_image_copies_are_not_excluded_by_dockerignore():
    ignored = (DEPLOY / "container" / "Containerfile.dockerignore").read_text().splitlines()
    sent = {line[1:] for line in ignored if line.startswith("!")}
    copied = {each for word, rest in steps() if word == "COPY" for each in rest.split()[:-1]}
    assert copied == sent
