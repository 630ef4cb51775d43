"""How fast training and decoding are, as a ratio to a peer or to what the machine can do."""
