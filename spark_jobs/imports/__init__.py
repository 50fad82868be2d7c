"""Imports: files that people or providers deliver (bills, lists of recalls) become rows of bronze and silver, in one run that is whole or not there.

`files` reads text, `kinds` says what is imported and how, `judging` types and judges (pure), `log` makes the run atomic, `job` puts it together.
"""
