"""Ratings for use elsewhere: `tables` CSV and JSON lines, `preference` bins for a map, `hub` the journal's dataset."""
