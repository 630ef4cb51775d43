"""Character-level translation that writes a chosen number of characters behind what it reads."""
