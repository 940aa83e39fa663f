"""Authentication: tokens, accounts, sign-in, revocation."""
