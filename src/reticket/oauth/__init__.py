"""OAuth apart from its endpoints: registered clients, scopes, sessions that an operator
starts, and token responses. The admin API and the shell need these as well.
"""
