"""Orders that are taken over as they stand somewhere else."""
