"""PyTorch → TFLite through LiteRT: float32, and static int8 with float32 or int8 ends."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

from export.manifest import ArtifactError
from export.quantize import portable
from export.quantize.ranges import Range
from export.quantize.static import activation_ranges, quantize
from export.rewrite import flatbuffer, tflite_metadata
from export.rewrite.silence import environment, silent
from export.runners.quiet import quiet
from export.target import VARIANTS, Source

# What the files consist of. Anything else is a piece that a rewrite should have removed (TRANSPOSE,
# PADV2: GPU delegates refuse it), or that some delegate may not take.
OPERATIONS = frozenset(
    {
        "ADD", "CONV_2D", "DEPTHWISE_CONV_2D", "DEQUANTIZE", "LOGISTIC", "MAX_POOL_2D", "MEAN", "MUL",
        "PAD", "QUANTIZE", "RESIZE_BILINEAR", "SUB",
    }
)  # fmt: skip
MANIFEST = "model.json"


def convert(source: Source, folder: Path, roles: Sequence[str]) -> None:
    """Write the files of `roles`: `image` 1×H×W×3 RGB 0…255 → `log_disparity` 1×H×W×1.

    Raises ArtifactError, after the other files were written, for one that holds an operation outside
    OPERATIONS or that does not run without XNNPACK; that one is not written.
    """
    files, problems = Files(source), []
    for role in roles:
        path = folder / VARIANTS[role].file
        try:
            content = finished(BUILDERS[role](files), source)
            check(content, source, path)
            path.write_bytes(content)
        except ArtifactError as error:
            problems.append(str(error))
    if problems:
        raise ArtifactError("; ".join(problems))


class Files:
    """The float file of a source and the ranges of its activations, each made once."""

    def __init__(self, source: Source) -> None:
        self.source = source

    @cached_property
    def float32(self) -> bytes:
        return converted(self.source)

    @cached_property
    def ranges(self) -> Mapping[str, Range]:
        if not self.source.calibration:
            raise ArtifactError("int8 needs images to calibrate on, and there is none (--calibration DIR)")
        with _quietly():
            return activation_ranges(self.float32, self.source.calibration)

    def int8(self, whole: bool) -> bytes:
        """whole: input and output are int8 too."""
        ranges = self.ranges
        with _quietly():
            return quantize(self.float32, ranges, whole)


BUILDERS: dict[str, Callable[[Files], bytes]] = {
    "tflite_float32": lambda files: files.float32,
    "tflite_int8": lambda files: files.int8(whole=False),
    "tflite_int8_full": lambda files: files.int8(whole=True),
}


def converted(source: Source) -> bytes:
    """The float32 file as LiteRT's converter makes it of the rewritten network."""
    import torch

    from export.rewrite.channels_last import channels_last
    from export.rewrite.divisions import exported
    from export.rewrite.linear import merge

    with _quietly():
        import litert_torch

        network = exported(source.model, source.height, source.width).module(check_guards=False)
        assert isinstance(network, torch.fx.GraphModule)
        merge(network)
        image = torch.zeros(1, source.height, source.width, 3)
        model = litert_torch.convert(channels_last(network).eval(), sample_kwargs={"image": image})
        return bytes(model.model_content())


def finished(content: bytes, source: Source) -> bytes:
    """A file with the ends named, the metadata in it, and weights where every runtime finds them."""
    model = flatbuffer.read(content)
    flatbuffer.rename(model, "image", "log_disparity")
    metadata = tflite_metadata.encode(source.metadata, source.height, source.width)
    flatbuffer.put_metadata(model, tflite_metadata.BUFFER, metadata)
    text = json.dumps(dict(source.metadata), ensure_ascii=False)
    flatbuffer.put_metadata(model, MANIFEST, text.encode())
    return flatbuffer.write(model)


def check(content: bytes, source: Source, path: Path) -> None:
    """ArtifactError for an operation outside OPERATIONS, or one that needs XNNPACK to run."""
    kinds = {op.kind for op in flatbuffer.operations(flatbuffer.read(content))}
    if unknown := sorted(kinds - OPERATIONS):
        raise ArtifactError(
            f"{path}: the converter left {', '.join(unknown)} in the graph; "
            f"only {', '.join(sorted(OPERATIONS))} run on every delegate"
        )
    portable.check(content, source.height, source.width, str(path))


@contextmanager
def _quietly() -> Iterator[None]:
    """Progress lines of Python and C++ kept off the terminal, loggers left as they were."""
    packages = ("litert_torch", "litert_quantizer", "ai_edge_litert", "torch", "jax")
    loggers = ("", "torch", "torch.export", "jax", "absl")
    with (
        # litert-torch would otherwise change torch's loggers for good.
        environment(LITERT_TORCH_SHOW_PROGRESS="n", LITERT_TORCH_SILENCE_TORCH_LOGS="n"),
        silent(),
        quiet(*loggers, packages=packages, level=logging.ERROR),
    ):
        yield
