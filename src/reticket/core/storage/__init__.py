"""What stores have in common: limits of short-lived entries, purges, and versions of schemas."""
