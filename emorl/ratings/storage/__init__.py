"""The ratings database and its journal: what is stored, checked, read back and deleted.

`kinds` what a field may hold, `fields` what follows from a record's fields, `form` the questions and one answer of the
queue, `item` what is judged, `record` one rating or judgement, `schema` the tables, `connection` where the database
is, `migrations` its history, `opening` how it is opened, `store` reading and writing, `row_counts` how much is stored,
`deletion` what a deletion takes. `study` what a study is, `studies` its rows. Where the disk does not last: `events`
the fifteen changes, `journal` the file they are written to, `turn` whose turn it is to write, `restore` playing them
back.
"""
