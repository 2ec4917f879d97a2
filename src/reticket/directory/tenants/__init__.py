"""Tenants and developer accounts."""
