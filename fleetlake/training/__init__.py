"""Models trained on what was known, within a time and a budget that were agreed before. Needs the extra `ml`.

`fleet train suggest` and `fleet train battery` do it; here are its parts. A `Task` has labels (SQL over released tables), a learner, metrics and the
baselines that it must beat; `fleetlake.features.training_set` gives each label what was known then; weeks are held out by time.
"""
