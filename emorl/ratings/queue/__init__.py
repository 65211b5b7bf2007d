"""Blind rating: who is shown what, in which order, and what becomes of the answer.

`items` reads the shared items, which `make_items` has written; `order` gives each a place in a rater's queue;
`rating_queue` hands them out, takes the answers, undoes and reveals.
"""
