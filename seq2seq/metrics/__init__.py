"""How good a translation is (`quality`) and how far it runs behind its source (`latency`)."""
