"""What files are worth: figures of images, means with intervals, fidelity to the float model."""
