"""What OAuth is apart from its wire: registered clients, scopes, the terms of a session."""
