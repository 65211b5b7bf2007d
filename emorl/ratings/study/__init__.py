"""Rating studies: reading imports, making items, giving them out, progress.

`imports` reads CSV and JSON lines, `lines` the statements in them, `training` the training items; `pairing` makes
items, `shares` gives them out, `studies` does the rest.

What a study is and which rows it has is in `emorl.ratings.storage`. It knows no model: whoever writes the texts hands
them in.
"""
