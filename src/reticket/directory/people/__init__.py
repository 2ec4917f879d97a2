"""People: records, passwords, second factors, where they belong and have signed in."""
