"""Random attempts to break training, files, configurations and the translation of lines."""
