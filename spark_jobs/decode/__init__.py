"""From bronze rows to verdicts and silver columns: Arrow in, Arrow out, no Spark, no paths, no commits.

judged = judge(chunk, contract("silver.charging"))
judged.silver                      # the accepted rows, all columns of the contract, in its order
judged.rows                        # for each silver row, its index in the chunk (ascending)
judged.reasons, judged.rules       # one per row of the chunk; null where it was accepted
"""

from spark_jobs.decode.judging import Judged, Limits, judge

__all__ = ["Judged", "Limits", "judge"]
