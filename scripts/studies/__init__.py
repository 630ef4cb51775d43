"""Studies of translation quality by lag, size, data and settings; the experiments."""
