"""Graded replies: what each scorer learns from, drawn anew for every epoch.

`graded` holds the one form of a graded reply, `contrasts` turns a true reflection into a false one, `faithfulness`,
`reflection`, `empathy` and `fluency` build the groups for each scorer. Left out: training (`training.scorers`) and
measuring (`training.scorer_report`).
"""
