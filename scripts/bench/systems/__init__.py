"""The peers that `scripts.bench.peers` times, with what each needs to be installed and trained."""
