"""The functions that other programs may call."""
