"""Where tables and columns come from: `columns` (pure) reads it out of a model's SQL, `events` tells it as OpenLineage has it, `graph` answers."""
