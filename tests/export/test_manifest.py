"""model.json, on the examples that the Kotlin and Swift readers are tested on too.

tests/data/manifest/good and bad: parser and schema agree on each. bad_beyond_schema: what a schema cannot
say; readers refuse it all the same.
"""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from export import manifest
from export.manifest import ArtifactError, Fit, Manifest

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "tests" / "data" / "manifest"
GOOD, BAD, BEYOND = (sorted((EXAMPLES / f).glob("*.json")) for f in ("good", "bad", "bad_beyond_schema"))
FOLDER = Path("artifacts/mn")


def ids(path: Path) -> str:
    return path.stem


def load(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def schema_accepts(values: Any) -> bool:
    jsonschema = pytest.importorskip("jsonschema")
    schema = load(ROOT / "export" / "model.schema.json")
    return bool(jsonschema.Draft202012Validator(schema).is_valid(values))


def parser_accepts(values: Any) -> bool:
    try:
        manifest.parse(values, FOLDER)
    except ArtifactError:
        return False
    return True


def example() -> dict[str, Any]:
    values: dict[str, Any] = load(EXAMPLES / "good" / "every_file.json")
    return values


def test_the_schema_is_one() -> None:
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.Draft202012Validator.check_schema(load(ROOT / "export" / "model.schema.json"))


def test_examples_are_there() -> None:
    assert len(GOOD) >= 5
    assert len(BAD) >= 80
    assert len(BEYOND) == 2


@pytest.mark.parametrize("path", GOOD, ids=ids)
def test_good_examples(path: Path) -> None:
    assert isinstance(manifest.parse(load(path), FOLDER), Manifest)
    assert schema_accepts(load(path))


@pytest.mark.parametrize("path", [*BAD, *BEYOND], ids=ids)
def test_bad_examples_are_refused_in_one_line_that_names_the_key(path: Path) -> None:
    with pytest.raises(ArtifactError) as caught:
        manifest.parse(load(path), FOLDER)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(f"{FOLDER / 'model.json'}: ")
    assert changed(load(EXAMPLES / "good" / "only_what_is_required.json"), load(path)) in message


@pytest.mark.parametrize("path", BAD, ids=ids)
def test_the_schema_refuses_bad_examples(path: Path) -> None:
    assert not schema_accepts(load(path))


@pytest.mark.parametrize("path", BEYOND, ids=ids)
def test_what_the_schema_cannot_say(path: Path) -> None:
    assert schema_accepts(load(path))


def changed(good: Any, bad: Any) -> str:
    """The one key, as `input.fit.mode`, in which a bad example differs from the good one."""
    if not isinstance(bad, dict):
        return "the whole"
    (key,) = [k for k in good | bad if same(good.get(k)) != same(bad.get(k)) or (k in good) != (k in bad)]
    both = isinstance(good.get(key), dict) and isinstance(bad.get(key), dict)
    return f"{key}.{changed(good[key], bad[key])}" if both else key


def same(value: Any) -> str:
    """Text that tells 1 from true."""
    return json.dumps(value, sort_keys=True)


def places(values: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every member of `values`, however deep."""
    members = values.items() if isinstance(values, dict) else enumerate(values)
    for key, member in members:
        yield (*way, key)
        if isinstance(member, dict | list):
            yield from places(member, (*way, key))


ANYTHING: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, False, 0, 1, -1, 3, 32, 255, 256, 384, 384.0, 0.5, -0.0, 1e999, 2**70, "", "x", "RGB", "1",
     "int8", "uint8", "float32", "a/b", "a\n", "letterbox", "log_disparity", [], {}, [0, 255], [0.0, 255.0],
     [1, 2, 3], [1.0, 2, 3], ["a"], [[]], {"a": 1}, {"a": {}}, {"a": {"b": 2}}, {"a": "b"}]
)  # fmt: skip


@settings(max_examples=400)
@given(place=st.sampled_from(list(places(example()))), value=ANYTHING, delete=st.booleans())
def test_parser_and_schema_agree_on_changed_examples(
    place: tuple[Any, ...], value: object, delete: bool
) -> None:
    values = example()
    parent = values
    for key in place[:-1]:
        parent = parent[key]
    if delete:
        del parent[place[-1]]
    else:
        parent[place[-1]] = copy.deepcopy(value)
    resized = place[0] in ("input", "output") and place[-1] in ("height", "width")
    if not resized:
        assert parser_accepts(values) == schema_accepts(values)
    elif parser_accepts(values):
        assert schema_accepts(values)


def test_what_is_read() -> None:
    read = manifest.parse(load(EXAMPLES / "good" / "letterbox_of_another_size.json"), FOLDER)
    assert (read.height, read.width, read.fit) == (256, 320, Fit("letterbox", "bilinear", (0, 128, 255)))
    assert (read.name, read.title, read.version) == ("mn", "Tiefe „MN“ 深度 📐", "69232ecda8e0")
    assert (read.params, read.madds, read.licence) == (2419081, 1019049984, "Apache-2.0")
    assert (read.accuracy, read.madds_by_layer, read.trained_on) == ({}, {}, ("synthetic",))
    file = read.files["tflite_int8_full"]
    assert (file.path, file.sha256, file.size_bytes) == ("model_int8_full.tflite", "0a" * 32, 2752608)
    assert file.input == {"dtype": "int8", "scale": 1.0, "zero_point": -128}
    full = manifest.parse(example(), FOLDER)
    assert full.accuracy["nyu"]["delta1"] == 18.5321
    assert full.madds_by_layer["depthwise"] == 60880896


def test_whole_numbers_may_have_a_point() -> None:
    values = example()
    values["input"]["height"] = values["output"]["height"] = 384.0
    values["input"]["fit"]["pad"] = [124.0, 116, 104]
    read = manifest.parse(values, FOLDER)
    assert (type(read.height), read.height, read.fit.pad) == (int, 384, (124, 116, 104))
    assert schema_accepts(values)


def test_the_copy_inside_a_file_has_no_files() -> None:
    values = example()
    inside = manifest.embedded(values)
    assert inside == {key: value for key, value in values.items() if key != "files"}
    assert "files" in values


# ---------------------------------------------------------------- folders on disk


@pytest.fixture
def artifact(tmp_path: Path) -> Path:
    """A folder with a file and a package of two files, as model.json lists them."""
    (tmp_path / "model.onnx").write_bytes(b"network")
    package = tmp_path / "model.mlpackage"
    (package / "Data").mkdir(parents=True)
    (package / "Manifest.json").write_bytes(b"{}")
    (package / "Data" / "weight.bin").write_bytes(b"\x00\x01\x02")
    values = load(EXAMPLES / "good" / "only_what_is_required.json")
    tensor = {"dtype": "float32"}
    values["files"] = {
        role: {"path": p.name, "sha256": manifest.digest(p), "size_bytes": manifest.size(p),
               "input": tensor, "output": tensor}
        for role, p in (("onnx", tmp_path / "model.onnx"), ("coreml", package))
    }  # fmt: skip
    (tmp_path / "model.json").write_text(json.dumps(values))
    return tmp_path


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_hash_and_size_of_a_folder(artifact: Path) -> None:
    lines = [f"Data/weight.bin {sha(bytes([0, 1, 2]))}", f"Manifest.json {sha(b'{}')}"]
    assert manifest.digest(artifact / "model.mlpackage") == sha("\n".join(lines).encode())
    assert manifest.size(artifact / "model.mlpackage") == 5
    assert manifest.digest(artifact / "model.onnx") == sha(b"network")


def test_files_are_found(artifact: Path) -> None:
    read = manifest.read(artifact)
    assert read.file("onnx") == artifact / "model.onnx"
    assert read.file("coreml") == artifact / "model.mlpackage"


def test_a_file_that_is_not_the_listed_one_is_refused(artifact: Path) -> None:
    read = manifest.read(artifact)
    (artifact / "model.onnx").write_bytes(b"Network")
    (artifact / "model.mlpackage" / "more").write_bytes(b"")
    for role in ("onnx", "coreml"):
        with pytest.raises(ArtifactError, match=r"is not the file that model\.json lists"):
            read.file(role)
    (artifact / "model.onnx").unlink()
    with pytest.raises(ArtifactError, match=r"model\.onnx: is missing.*export the model again"):
        read.file("onnx")
    with pytest.raises(ArtifactError, match=r"has no file 'tflite_int8' \(onnx, coreml\)"):
        read.file("tflite_int8")


@pytest.mark.parametrize(
    "content", [b"", b'{"format": 1', b"\xff\xfe{}", b'{"format": NaN}', b'{"format": 1, "x": -Infinity}']
)
def test_what_is_no_json_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "model.json").write_bytes(content)
    with pytest.raises(ArtifactError, match=r"model\.json: not JSON that can be read"):
        manifest.read(tmp_path)


def test_a_folder_without_a_manifest_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match=r"no such file; python -m export\.all writes it"):
        manifest.read(tmp_path)
