"""Files → figures."""
