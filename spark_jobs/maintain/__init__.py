"""Keeps tables quick to open and small on disk, beside running streams: small files become large ones, what no reader can see is deleted.

`plan` says which files belong together, `merge` brings sorted rows together: both pure. `rewrite` is what a Spark task does with a group
of files, `garbage` what a table may let go, `job` does it all. No row changes, and no commit of it changes data.
"""
