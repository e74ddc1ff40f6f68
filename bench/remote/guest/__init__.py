"""What runs inside the emulated machine: `infer.py` in its Python, `insn_count.c` in the emulator."""
