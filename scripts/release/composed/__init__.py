"""Sentence pairs composed by rule: lists, dates, times of day, and numbers in words."""
