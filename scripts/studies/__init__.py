"""Quality against lag, size, data and settings, and the claims."""
