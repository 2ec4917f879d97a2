"""Clients in Java compile as openapi-generator wrote them. No life is lived with them."""

import pytest
from tests.generated.generators import JAR, ran
from tests.generated.service import DOCUMENTS, served


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_client_in_java_compiles(service, tmp_path, name):
    document = tmp_path / f"{name}.json"
    document.write_bytes(served(service[0], name))
    generate = ["java", "-jar", JAR, "generate", "--generator-name=java"]
    ran([*generate, f"--input-spec={document}", f"--output={tmp_path}"])
    ran(["mvn", "--quiet", "--batch-mode", f"--file={tmp_path / 'pom.xml'}", "compile"])
