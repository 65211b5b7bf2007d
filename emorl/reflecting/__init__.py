"""The service that page, endpoints, command line and training stand on: statement and setting in, words out.

`writer` owns what writes and scores: the engine with its scheduler, and beside them `tokenizer`, `judges` and `memory`,
each with a lock of its own. `side_by_side`, `best_of`, `variants` and `regions` are what is made with it; `finish` puts
a reflection together, `reflection` holds the result types. `reflector` is the front with one method for each,
`contract` the JSON for scripts. docs/architecture.md has the picture.
"""
