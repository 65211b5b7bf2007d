"""Models on disk: which files belong together, where they come from, and how a statement is put to them.

`base` prepares the base model, which `sources` fetches; `folder` finds a models folder and opens it, `manifest` reads
its list of adapters and scorers, `template` is the prompt. Nothing here runs a model.
"""
