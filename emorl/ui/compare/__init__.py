"""The Compare screen: one statement written with two settings."""
