"""Ratings for use elsewhere.

`tables`, `study` and `sheets` as files, `codebook` what their columns mean, `preference` for a map, `hub` as a dataset.
"""
