"""What the ratings say in numbers.

`agreement` Krippendorff's alpha, `ranking` Bradley-Terry strengths, `quality` self-agreement and known answers,
`summary` means by share, `results` all of it together, `report` the same as lines for a terminal.
"""
