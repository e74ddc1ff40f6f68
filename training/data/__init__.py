"""Training data: samples, their readers and what becomes of them before a network sees them."""
