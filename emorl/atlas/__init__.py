"""The atlas: for one prompt every greedy reply that the weights can reach, each with its exact region of the simplex.

`polygons` cuts convex pieces of the simplex, `envelope` finds which token wins where, and `tree` decodes all prefixes
as one batch. `lookup` is the result: weights in, reply out, without a model. Knows the ensemble only.
"""

from emorl.atlas.lookup import Atlas, AtlasJson, Region, RegionJson, as_json
from emorl.atlas.tree import grow_atlas

__all__ = ["Atlas", "AtlasJson", "Region", "RegionJson", "as_json", "grow_atlas"]
