"""The tools of `make test-android`, on small things that they are given here: no toolchain, no JDK."""

from __future__ import annotations

import json
import random
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest

from export import fit, golden
from export.fit import Fit
from tests.android import api_jar, apk, class_file, class_pool, fetch, new_api, reference, signature_file

SIGNATURES = """// Signature format: 2.0
package android.demo {

  public abstract class Shape<T extends java.lang.Comparable<T>> implements java.io.Closeable {
    ctor public Shape(@NonNull String, int...);
    method @Nullable public T area(java.util.Map<? super T,java.lang.String[]>) throws java.io.IOException;
    method public static final void draw();
    field public static final long BIG = 4294967296L; // 0x100000000L
    field public static final String NAME = "a;b\\u0020\\"c";
    field public static final double NOTHING = (0.0/0.0);
  }

  public static enum Shape.Kind {
    enum_constant public static final android.demo.Shape.Kind ROUND;
  }

  public class Shape.Inner {
    ctor public Shape.Inner();
  }

  public interface Turned extends android.demo.First android.demo.Second {
    method public default int turn();
    method public int angle();
  }

}
"""
LEVELS = """declare module android {
\texport module view {
\t\texport class View {
\t\t\tpublic draw(): void;
\t\t\t/** @since 30 */
\t\t\tpublic setTop(a: number): void;
\t\t\t/** @since 31 */
\t\t\tpublic draw(a: number): void;
\t\t}
\t\t/** @since 29 */
\t\texport class Later {
\t\t\tpublic constructor();
\t\t}
\t}
}
"""


# --- the API to compile against


def test_signatures_are_read() -> None:
    classes = signature_file.read(SIGNATURES.splitlines(keepends=True))
    assert list(classes) == [f"android.demo.{n}" for n in ("Shape", "Shape.Kind", "Shape.Inner", "Turned")]
    shape = classes["android.demo.Shape"]
    assert [name for name, _ in shape.parameters] == ["T"]
    constructor, area, draw, big, name, nothing = (signature_file.member(m) for m in shape.members)
    assert (constructor.name, constructor.variable, len(constructor.arguments)) == ("<init>", True, 2)
    assert constructor.arguments[0].annotations == ("NonNull",)
    assert (area.name, area.annotations, area.type.name) == ("area", ("Nullable",), "T")
    assert [t.name for t in area.throws] == ["java.io.IOException"]
    assert [a.kind for a in area.arguments[0].arguments] == ["super", "array"]
    assert draw.flags == 0x19
    assert (big.value, nothing.value) == ("4294967296L", None)
    assert api_jar.unescaped(name.value or "") == 'a;b "c'
    assert [i.name for i in classes["android.demo.Turned"].interfaces] == [
        "android.demo.First",
        "android.demo.Second",
    ]


def test_class_files_say_what_the_signatures_say(tmp_path: Path) -> None:
    (tmp_path / "current.txt").write_text(SIGNATURES)
    assert api_jar.write(tmp_path / "current.txt", tmp_path / "api.jar") == 4
    with zipfile.ZipFile(tmp_path / "api.jar") as archive:
        data = {name: archive.read(name) for name in archive.namelist()}
    read = {name: class_pool.read(content) for name, content in data.items()}
    assert read["android/demo/Shape.class"].parent == "java/lang/Object"
    assert read["android/demo/Shape$Kind.class"].parent == "java/lang/Enum"
    shape = data["android/demo/Shape.class"]
    for text in (
        b"<T:Ljava/lang/Comparable<TT;>;>", b"(Ljava/lang/String;[I)V",
        b"(Ljava/util/Map;)Ljava/lang/Comparable;",
        b"(Ljava/util/Map<-TT;[Ljava/lang/String;>;)TT;", b"Landroidx/annotation/Nullable;", b'a;b "c',
        struct.pack(">Bq", 5, 1 << 32),
    ):  # fmt: skip
        assert text in shape
    assert b"(Landroid/demo/Shape;)V" in data["android/demo/Shape$Inner.class"]


def test_texts_of_class_files() -> None:
    assert class_file.modified_utf8("aé\0") == b"a\xc3\xa9\xc0\x80"
    assert class_file.modified_utf8("📐") == b"\xed\xa0\xbd\xed\xb3\x90"


# --- calls that are too new


def using(name: str, parent: str, owner: str, member: str) -> bytes:
    """A class file that calls owner.member()."""
    pool = class_file.Pool()
    pair = pool.add(struct.pack(">BHH", 12, pool.text(member), pool.text("()V")))
    pool.add(struct.pack(">BHH", 10, pool.class_of(owner), pair))
    return class_file.whole(pool, 1, (pool.class_of(name), pool.class_of(parent)), [], ([], []), [])


@pytest.mark.parametrize(
    ("name", "owner", "member", "level"),
    [
        ("app/A", "android/view/View", "draw", None),
        ("app/A", "android/view/View", "setTop", 30),
        ("app/A", "app/MyView", "setTop", 30),
        ("app/A", "android/view/Button", "setTop", 30),
        ("app/A", "android/view/Later", "<init>", 29),
        ("app/Api29", "android/view/Later", "<init>", None),
        ("app/Api29$inner", "android/view/Later", "<init>", None),
        ("app/Api29", "android/view/View", "setTop", 30),
        ("app/A", "app/Other", "setTop", None),
    ],
)
def test_newer_calls_are_found(tmp_path: Path, name: str, owner: str, member: str, level: int | None) -> None:
    with zipfile.ZipFile(tmp_path / "app.jar", "w") as archive:
        archive.writestr("A.class", using(name, "java/lang/Object", owner, member))
        archive.writestr("MyView.class", using("app/MyView", "android/view/View", "app/Other", "x"))
    with zipfile.ZipFile(tmp_path / "api.jar", "w") as archive:
        for child, parent in (("View", "java/lang/Object"), ("Button", "android/view/View")):
            path = f"android/view/{child}"
            archive.writestr(f"{path}.class", using(path, parent, "java/lang/Object", "<init>"))
    since = new_api.levels(LEVELS.splitlines())
    assert since["android.view.View#draw"] == 21
    wrong, _ = new_api.too_new([tmp_path / "app.jar"], tmp_path / "api.jar", since, 26)
    assert bool(wrong) == (level is not None)
    if level:
        assert f"came with API {level}" in wrong[0]


# --- APK


def test_stored_entries_are_aligned(tmp_path: Path) -> None:
    numbers = random.Random(7)
    names = [f"{'lib/' if i % 3 else 'assets/'}{'x' * i}.{'so' if i % 3 else 'tflite'}" for i in range(40)]
    with zipfile.ZipFile(tmp_path / "a.apk", "w") as archive:
        for name in names:
            compressed = zipfile.ZIP_DEFLATED if numbers.random() < 0.2 else zipfile.ZIP_STORED
            archive.writestr(name, numbers.randbytes(numbers.randrange(5000)), compressed)
    assert apk.misaligned(tmp_path / "a.apk")
    for target in ("b.apk", "c.apk"):
        apk.align(tmp_path / "a.apk", tmp_path / target)
    assert not apk.misaligned(tmp_path / "b.apk")
    assert (tmp_path / "b.apk").read_bytes() == (tmp_path / "c.apk").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.apk") as old, zipfile.ZipFile(tmp_path / "b.apk") as new:
        assert new.testzip() is None
        assert {n: old.read(n) for n in names} == {n: new.read(n) for n in names}


# --- what the JVM is compared with


def test_the_reference_writes_what_python_computes(tmp_path: Path) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (64, 96, 3), dtype=np.uint8)
    output = np.random.default_rng(1).normal(size=(64, 96)).astype(np.float32)
    golden.write(tmp_path / "golden", picture, output, [])
    reference.main([str(tmp_path / "golden"), str(tmp_path / "out")])
    index = json.loads((tmp_path / "out" / "index.json").read_text())
    assert {name: len(cases) for name, cases in index.items()} == {
        "fits": 2 * len(reference.FITS), "frames": 2, "maps": 3, "resized": 6, "clouds": 2,
    }  # fmt: skip
    case = index["fits"][3]
    photo, expected = (
        np.fromfile(tmp_path / "out" / case[key]["file"], np.uint8).reshape(
            case[key]["height"], case[key]["width"], 3
        )
        for key in ("photo", "input")
    )
    chosen = Fit(case["fit"]["mode"], "bilinear", tuple(case["fit"]["pad"]))
    np.testing.assert_array_equal(fit.to_network(photo, *expected.shape[:2], chosen), expected)


# --- fetching


def test_a_download_that_is_another_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.tgz").write_bytes(b"x")
    with pytest.raises(fetch.FetchError, match=r"a\.tgz: SHA-256 2d711642.*nothing of it is used"):
        fetch.check(tmp_path / "a.tgz", "0" * 64)
    with pytest.raises(fetch.FetchError, match=r"b\.tgz: not offered"):
        fetch.check(tmp_path / "b.tgz", "0" * 64)


def test_sources_offer_source_packages(tmp_path: Path) -> None:
    (tmp_path / "debian.sources").write_text("Types: deb\nURIs: mirror\nSuites: stable\n")
    assert fetch.with_sources(tmp_path / "debian.sources").startswith("Types: deb deb-src\nURIs: mirror\n")
    (tmp_path / "sources.list").write_text("# comment\ndeb mirror stable main\ndeb-src other x\n")
    lines = fetch.with_sources(tmp_path / "sources.list").splitlines()
    assert lines == ["deb mirror stable main", "deb-src mirror stable main"]
