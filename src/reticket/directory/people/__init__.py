"""People: records, passwords, second factors, memberships and known networks."""
