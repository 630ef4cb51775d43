"""The data and the training of the shipped model, and what publishes it."""
