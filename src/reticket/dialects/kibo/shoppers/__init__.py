"""Shoppers: people of a tenant's sites, and those who have not signed in."""
