"""What tokens say: refresh tokens and their two faces, access tokens, and the keys under them."""
