"""Post-training quantization of TFLite files: ranges on images, int8 graph, proof that it runs everywhere."""
