"""PyTorch → Core ML: ML Programs for iOS 17 and newer, with half-precision arithmetic."""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from export.manifest import ArtifactError
from export.runners import RunnerError
from export.runners.quiet import quiet_coremltools
from export.target import VARIANTS, Source

if TYPE_CHECKING:
    import coremltools

AUTHOR = "Plumb (plumb-depth); networks after Romanov et al., arXiv 2009.12419"
PREVIEW = ("com.apple.coreml.model.preview.type", "depthEstimation")
CONVERSION_DATE = "com.github.apple.coremltools.conversion_date"
IMAGE = "RGB photo of exactly this size; normalised inside"
LOG_DISPARITY = "log(1/depth) up to an additive constant, 1×1×H×W: depth = exp(-output)"

# Smaller tensors (biases, the 3×3 kernels of the first stages) stay half precision: 8 bits would
# save less than one percent of the file there, and those layers are the ones that suffer most.
INT8_LEAST_VALUES = 2048


def convert(source: Source, folder: Path, roles: Sequence[str]) -> None:
    """Write `model.mlpackage` (half precision) and `model_int8.mlpackage` (8-bit weights).

    Image input `image` (RGB, 0…255), output `log_disparity` float32 1×1×H×W. Raises ArtifactError
    where an operation is left that the evaluator in export.runners.mil does not know.
    """
    with quiet_coremltools():
        half = build(source)
        for role in roles:
            path = folder / VARIANTS[role].file
            model = WEIGHTS[VARIANTS[role].variant](half)
            _describe(model, source.metadata)
            model.save(str(path))
            _settle(path)
    for role in roles:
        check(folder / VARIANTS[role].file)


def build(source: Source) -> coremltools.models.MLModel:
    """The ML Program of `source` with half-precision weights and arithmetic, without metadata."""
    import coremltools as ct
    import numpy as np

    from export.rewrite.divisions import exported
    from export.rewrite.mil_padding import NAME as FOLD_PADDING

    program = exported(source.model, source.height, source.width).run_decompositions({})
    passes = ct.PassPipeline()
    passes.insert_pass(passes.passes.index("common::add_fp16_cast"), FOLD_PADDING)
    shape = (1, 3, source.height, source.width)
    return ct.convert(
        program,
        inputs=[ct.ImageType(name="image", shape=shape, color_layout=ct.colorlayout.RGB)],
        outputs=[ct.TensorType(name="log_disparity", dtype=np.float32)],
        convert_to="mlprogram",
        compute_precision=ct.precision.FLOAT16,
        minimum_deployment_target=ct.target.iOS17,
        pass_pipeline=passes,
        skip_model_load=True,
    )


def quantize_weights(model: coremltools.models.MLModel) -> coremltools.models.MLModel:
    """A copy of `model` whose larger weights are int8, symmetric, one scale an output channel."""
    from coremltools.optimize import coreml

    rule = coreml.OpLinearQuantizerConfig(
        mode="linear_symmetric", dtype="int8", granularity="per_channel", weight_threshold=INT8_LEAST_VALUES
    )
    return coreml.linear_quantize_weights(model, coreml.OptimizationConfig(global_config=rule))


def _as_it_is(model: coremltools.models.MLModel) -> coremltools.models.MLModel:
    return model


WEIGHTS: dict[str, Callable[[Any], Any]] = {"float16": _as_it_is, "int8": quantize_weights}


def check(package: Path) -> None:
    """ArtifactError, and no package, where an operation is left whose accuracy nobody could re-check."""
    from export.runners.mil import load

    try:
        load(package)
    except RunnerError as error:
        shutil.rmtree(package)
        raise ArtifactError(f"{error}; the file is not kept") from error


def _settle(package: Path) -> None:
    """The same network gives the same bytes, readable by all: no random names, no debugging notes."""
    import coremltools

    for note in package.glob("executorch_debug_handle_mapping*"):
        note.unlink()
    for path in package.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    for path in package.rglob("*.mlmodel"):
        spec = coremltools.proto.Model_pb2.Model.FromString(path.read_bytes())
        path.write_bytes(spec.SerializeToString(deterministic=True))
    manifest = package / "Manifest.json"
    content = json.loads(manifest.read_text(encoding="utf-8"))
    entries = content["itemInfoEntries"]
    names = {old: str(uuid.uuid5(uuid.NAMESPACE_URL, entry["path"])) for old, entry in entries.items()}
    content["itemInfoEntries"] = {names[old]: entries[old] for old in sorted(entries, key=names.__getitem__)}
    content["rootModelIdentifier"] = names[content["rootModelIdentifier"]]
    manifest.write_text(json.dumps(content, indent=4) + "\n", encoding="utf-8")


def _describe(model: coremltools.models.MLModel, metadata: Mapping[str, object]) -> None:
    title = metadata.get("title", "Depth network")
    model.author = AUTHOR
    model.license = str(metadata.get("licence", ""))
    model.version = str(metadata.get("version", ""))
    model.short_description = f"{title}: depth from a single photo, as log-disparity up to scale"
    model.input_description["image"] = IMAGE
    model.output_description["log_disparity"] = LOG_DISPARITY
    model.user_defined_metadata.pop(CONVERSION_DATE, None)
    model.user_defined_metadata[PREVIEW[0]] = PREVIEW[1]
    model.user_defined_metadata["model.json"] = json.dumps(dict(metadata))
