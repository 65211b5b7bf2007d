"""The two functions that other programs may call."""
