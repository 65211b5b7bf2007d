"""Ratings for use elsewhere: `tables`, `study` and `sheets` as files, `preference` for a map, `hub` as a dataset."""
