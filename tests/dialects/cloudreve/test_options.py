import pytest

from reticket.dialects import cloudreve


@pytest.mark.parametrize("version", ["4.12.0", "4.18.0", "4.100.2", "5.0.0", "10.0.0-rc.1+build.5"])
def test_a_version_that_clients_accept(version: str) -> None:
    assert cloudreve.Options(version=version).version == version


@pytest.mark.parametrize(
    "version", ["", "4.11.9", "3.99.0", "4.12", "v4.18.0", "4.18.0\n", "latest"]
)
def test_a_version_that_clients_refuse(version: str) -> None:
    with pytest.raises(ValueError, match=r"4\.12\.0 or later"):
        cloudreve.Options(version=version)


def test_refresh_tokens_are_good_at_the_old_server_too_only_by_a_setting() -> None:
    def kinds(options: cloudreve.Options) -> list[bool]:
        return [kind.old_form for kind in cloudreve.build(options).kinds]

    assert kinds(cloudreve.Options()) == [False, False]
    assert kinds(cloudreve.Options(old_refresh_tokens=True)) == [True, True]
