"""git, as far as it is asked: nothing else starts it. Plumbing commands, NUL-separated, with everything a
user's configuration could change about them switched off.

`process` starts it, and is all that a clean commit loads; `answers` reads to the end what it prints;
`repository` is the index, trees, blobs and refs; `ranges` reads commits, and trees fast, for histories and
servers; `hooks` says where its hooks lie.
"""
