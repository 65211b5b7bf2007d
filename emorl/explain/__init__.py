"""Explanations that are exact because the head is linear: contributions to a word and where it would flip."""
