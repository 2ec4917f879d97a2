"""Who somebody is: passwords, secrets and one-time codes are checked, and failures are limited."""
