"""Rating studies: reading imports, making items, giving them out, progress.

`imports` reads CSV and JSON lines, `lines` the statements in them, `training` the training items; `pairing` makes
items, `shares` gives them out, `progress` says what there is so far, `studies` changes studies and raters.

What a study is and which rows it has is in `emorl.ratings.storage`. It knows no model: whoever writes the texts hands
them in.
"""
