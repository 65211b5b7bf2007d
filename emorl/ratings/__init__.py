"""What counsellors thought of the reflections they were shown.

`schema` the tables, `record` one checked rating, `store` reading and writing, `migrations` the database's
history, `agreement` Krippendorff's alpha, `summary` means by objective share, `export` CSV and JSON lines,
`cli` the commands. This package knows no model and no screen.
"""

from emorl.ratings.record import NewRating, StoredRating, statement_sha256
from emorl.ratings.store import RatingStore, open_store

__all__ = ["NewRating", "RatingStore", "StoredRating", "open_store", "statement_sha256"]
