"""Ratings for use elsewhere: `tables` and `study` as files, `preference` for a map, `hub` in the journal's dataset."""
