"""Text to symbols: what the networks read and write, from raw bytes to numbers.

    bytes ── decode_line ──> line ── read_line, LineReader ──> sentences of symbols ── Vocabulary ──> ids

It imports no other package, and no torch.
"""
