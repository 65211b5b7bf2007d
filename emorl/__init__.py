"""EMORL: reflections written by an ensemble of adapters, mixed word by word.

What lives here runs in front of a counsellor: decoding (`ensemble`), explanations (`explain`), automatic
scores (`scoring`), weight search (`search`), care (`safety`), stored ratings (`ratings`) and the screens (`ui`).
What makes the models lives in the package `training`, which this one never imports.

Axes, used by every docstring: K objectives, B sequences, T positions, D model width, V vocabulary, R LoRA rank.
"""

__version__ = "0.1.0"
