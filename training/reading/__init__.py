"""Blind reading, the measure that counts.

`sheet` hides who wrote what and counts the answers, `replies` writes what is read, `cli` has the commands.
"""
