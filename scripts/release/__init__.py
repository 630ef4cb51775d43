"""What leads to the model that is shipped: its data."""
