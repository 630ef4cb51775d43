"""Tables and figures of the documents, made from docs/results/."""
