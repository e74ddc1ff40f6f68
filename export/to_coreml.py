"""PyTorch → Core ML: ML Programs with half-precision arithmetic, for iOS 17 or the newest system."""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from export.manifest import ArtifactError
from export.quantize import core_ml
from export.runners import RunnerError
from export.runners.quiet import quiet_coremltools
from export.target import KNOWN, Source

if TYPE_CHECKING:
    import coremltools

AUTHOR = "Plumb (plumb-depth); networks after Romanov et al., arXiv 2009.12419"
PREVIEW = ("com.apple.coreml.model.preview.type", "depthEstimation")
CONVERSION_DATE = "com.github.apple.coremltools.conversion_date"
IMAGE = "RGB photo of exactly this size; normalised inside"
LOG_DISPARITY = "log(1/depth) up to an additive constant, 1×1×H×W: depth = exp(-output)"


@dataclass(frozen=True)
class Way:
    """How a variant is made. system: the oldest that runs it, a name of coremltools.target · compress: the
    half-precision program → the file's.
    """

    system: str
    compress: Callable[[Any, Source], Any]


OLDEST, NEWEST = "iOS17", "iOS26"
WAYS: dict[str, Way] = {
    "float16": Way(OLDEST, core_ml.keep),
    "int8": Way(OLDEST, core_ml.weights),
    "palette6": Way(OLDEST, core_ml.palette),
    "ios26": Way(NEWEST, core_ml.keep),
    "int8_activations": Way(OLDEST, core_ml.activations),
}


def convert(source: Source, folder: Path, roles: Sequence[str]) -> None:
    """Write the packages of `roles`: see WAYS.

    Image input `image` (RGB, 0…255), output `log_disparity` float32 1×1×H×W. Raises ArtifactError
    where an operation is left that the evaluator in export.runners.mil does not know.
    """
    with quiet_coremltools():
        ways = {role: WAYS[KNOWN[role].variant] for role in roles}
        half = {system: build(source, system) for system in dict.fromkeys(w.system for w in ways.values())}
        for role, way in ways.items():
            path = folder / KNOWN[role].file
            model = way.compress(half[way.system], source)
            _describe(model, source.metadata)
            model.save(str(path))
            _settle(path)
    for role in roles:
        check(folder / KNOWN[role].file)


def build(source: Source, system: str = OLDEST) -> coremltools.models.MLModel:
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
        minimum_deployment_target=ct.target[system],
        pass_pipeline=passes,
        skip_model_load=True,
    )


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
