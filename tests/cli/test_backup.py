"""A restored folder survives a loss of power."""

import os


def test_a_restored_file_is_on_disk_before_it_replaces_the_old_one(shell, tmp_path, monkeypatch):
    shell.run("backup", str(tmp_path / "copy"))
    done, sync, replace = [], os.fsync, os.replace

    def synced(descriptor):
        done.append(os.path.basename(os.readlink(f"/proc/self/fd/{descriptor}")))
        sync(descriptor)

    def replaced(fresh, target):
        done.append(f"replaced {os.path.basename(target)}")
        replace(fresh, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", replaced)
    shell.run("restore", str(tmp_path / "copy"))
    order = [
        step
        for name in ("families.sqlite", "directory.sqlite")
        for step in (f"{name}.restored", f"replaced {name}", shell.data.name)
    ]
    assert [step for step in done if step in order] == order
