"""The results in docs/results/, and the tables that the documentation makes of them."""
