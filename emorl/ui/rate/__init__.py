"""The Rate screen: a queue of reflections to rate without knowing what wrote them."""
