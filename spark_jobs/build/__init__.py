"""Gold: dbt's models over one release of silver, of which only the days are built anew that differ from what gold was built from last.

`project` knows the models, `changes` which days of silver differ, `days` and `plan` (pure) what follows for each model, `sweep` on which
days the state of things differs; `dbt` runs models, `restated` tells which published numbers became others, `log` is ops.builds, and
`job` does it all. Nothing here is seen by readers: a release does that.
"""
