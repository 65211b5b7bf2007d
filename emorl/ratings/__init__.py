"""What counsellors thought of the reflections they were shown.

`schema` the tables, `record` one checked rating of the Reflect screen, `store` reading and writing, `migrations`
the database's history. The blind queue: `items` what is judged (`make_items` writes the shared ones), `judgement`
one checked answer, `layout` the order of a queue, `queue` next, submit, undo, reveal. What it all says:
`agreement` Krippendorff's alpha, `ranking` Bradley-Terry, `quality` self-agreement and known answers, `summary`
means by share, `preference` bins for the map, `results` all of it, `census` counts of rows, `export` CSV and JSON.
`deletion` forget and purge. Where the disk does not last: `journal`, `restore`, `hub`. `cli` the commands. This
package knows no model and no screen.
"""

from emorl.ratings.hub import open_kept_store
from emorl.ratings.items import load_items
from emorl.ratings.preference import preferred_weights
from emorl.ratings.queue import RatingQueue
from emorl.ratings.record import NewRating, StoredRating, statement_sha256
from emorl.ratings.store import RatingStore, open_store

__all__ = [
    "NewRating",
    "RatingQueue",
    "RatingStore",
    "StoredRating",
    "load_items",
    "open_kept_store",
    "open_store",
    "preferred_weights",
    "statement_sha256",
]
