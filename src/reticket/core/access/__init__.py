"""Authentication: checks of passwords, secrets and one-time codes, and limits on failures."""
