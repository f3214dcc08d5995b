"""Sales orders: parents, children and ordinary ones, with their lines, holds and history."""
