"""Title, permanent notice and crisis contacts, above every screen."""
