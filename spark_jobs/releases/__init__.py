"""Releases: what readers see is written here, and nowhere else. One commit of ops.releases pins the tables of a layer.

`plan` asks the gates (pure rules in `rules`), `log` commits and tells it again in current.json, `rollback` pins older versions again.
"""
