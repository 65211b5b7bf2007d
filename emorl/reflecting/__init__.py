"""The service that the page, the endpoints, the command line and training use: statement and setting in, words out.

`writer` owns everything that writes and scores: the engine with its scheduler, and `tokenizer`, `scorers` and `memory`,
each with a lock of its own. `side_by_side`, `best_of`, `variants` and `regions` build on it. `finish` puts a reflection
together, and `reflection` has the result types. `reflector` is the interface, with one method for each thing that can
be asked for; `contract` has the JSON for scripts. docs/architecture.md shows how these fit together.
"""
