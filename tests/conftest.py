"""Where tests run when there are several workers: a file's together, and faults one at a time."""

import pytest


def pytest_collection_modifyitems(items):
    """Faults first, since they take longest, and all on one worker: two would starve each other."""
    items.sort(key=lambda item: "torture" not in item.path.parts)
    for item in items:
        place = "faults" if "torture" in item.path.parts else str(item.path)
        item.add_marker(pytest.mark.xdist_group(place))
