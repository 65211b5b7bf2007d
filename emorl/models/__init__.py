"""Models on disk: which files belong together, where they come from, and how a statement is put to them.

`base` prepares the base model, which `sources` downloads. `folder` finds and opens a models folder, `manifest` reads
its list of adapters and scorers, and `template` is the prompt. Nothing here runs a model.
"""
