"""The Compare screen: one statement written with two to four settings."""
