"""The pages on which people sign in and consent."""
