"""Code systems, keys and units: facts that the tables share, each with its source."""
