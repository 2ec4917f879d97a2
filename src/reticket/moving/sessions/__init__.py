"""Sessions of another system: an operator adopts them, and imports what is known of them."""
