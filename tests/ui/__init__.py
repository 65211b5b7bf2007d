"""Tests of the app's screens without a browser."""
