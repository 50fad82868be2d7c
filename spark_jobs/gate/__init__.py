"""The gate: suites of a layer run against exact versions, their results in ops.gate_results. Readers see what passed it."""
