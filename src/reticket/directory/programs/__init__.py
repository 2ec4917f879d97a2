"""Programs: applications with credentials of their own, and OAuth clients."""
