"""Ratings for use elsewhere: `tables` CSV and JSON lines, `preference` bins for the map, `hub` the journal's dataset."""
