"""Networks → files that phones run."""
