"""The network in plain NumPy: its equations, one step at a time, written to be read and quick to load."""
