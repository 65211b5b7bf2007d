"""The atlas: for one prompt every greedy reply the weights can reach, each with its exact region of the simplex.

`polygons` cuts convex pieces of the simplex, `envelope` finds which token wins where, `tree` decodes all prefixes as
one batch, `lookup` is the finished map: weights in, reply out, without a model. Knows the ensemble only.
"""

from emorl.atlas.lookup import Atlas, Region, as_json
from emorl.atlas.tree import grow_atlas

__all__ = ["Atlas", "Region", "as_json", "grow_atlas"]
