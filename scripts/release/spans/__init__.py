"""Sentence pairs with spans: numbers, prices, times, names, addresses, codes, tags, emoji."""
