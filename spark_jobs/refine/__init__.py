"""From bronze to silver: choose files, find twins, decode; what is rejected goes to quarantine with its reason.

`choose` and `items` say what a run reads, `twins` which rows tell the same event, `work` what becomes of each row: all pure.
`find`, `worker` and `job` hand these steps to Spark.
"""
