"""Rules of android_demo's sources, held here without a toolchain; and that a broken one is found."""

from __future__ import annotations

import re
import shutil
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from bench.remote import app
from export import manifest
from tests.android import build, run, sources

APP = Path(__file__).parents[2] / "android_demo"
CORE = "core/src/main/kotlin/plumb/core"
SCREENS = "app/src/main/kotlin/plumb/app"


def test_the_rules_hold() -> None:
    assert sources.violations(APP) == []


@pytest.mark.parametrize(
    ("place", "added", "message"),
    [
        (f"{CORE}/Fit.kt", "import android.util.Log", r"Fit\.kt: core knows nothing of android"),
        (f"{CORE}/Fit.kt", "val x = android.os.Build.MODEL", r"Fit\.kt: core knows nothing of android"),
        (f"{SCREENS}/Camera.kt", "import com.google.ai.edge.litert.Accelerator", "LiteRT is known to"),
        (f"{SCREENS}/Camera.kt", "// " + "x" * 140, "143 characters"),
        (f"{SCREENS}/Camera.kt", "\n" * 250, "lines, at most 250"),
        (f"{SCREENS}/Camera.kt", "fun f() {\n" + "    g()\n" * 40 + "}", "a function of 42 lines"),
    ],
)
def test_a_broken_rule_is_found(tmp_path: Path, place: str, added: str, message: str) -> None:
    shutil.copytree(APP, tmp_path / "app", ignore=shutil.ignore_patterns("build", ".gradle"))
    path = tmp_path / "app" / place
    path.write_text(path.read_text(encoding="utf-8") + "\n" + added + "\n", encoding="utf-8")
    (wrong,) = sources.violations(tmp_path / "app")
    assert re.search(message, wrong)


@pytest.mark.parametrize(
    ("attributes", "is_open"),
    [
        ('android:exported="true"', True),
        ('android:exported="true" android:permission="android.permission.INTERNET"', True),
        ('android:exported="true" android:permission="android.permission.DUMP"', False),
        ('android:exported="false"', False),
        ("", False),
    ],
)
@pytest.mark.parametrize("kind", ["activity", "service", "receiver", "provider"])
def test_what_is_open_to_other_apps_is_found(kind: str, attributes: str, is_open: bool) -> None:
    text = (APP / "app/src/main/AndroidManifest.xml").read_text(encoding="utf-8")
    component = f'<{kind} android:name=".More" {attributes} />'
    wrong = list(sources.exported(text.replace("</application>", f"{component}</application>")))
    assert wrong == (["AndroidManifest.xml: .More is open to other apps"] if is_open else [])


def test_what_a_phone_must_have_is_a_choice() -> None:
    """The camera's permission alone makes a shop ask for a camera with autofocus."""
    manifest = ET.parse(APP / "app/src/main/AndroidManifest.xml").getroot()
    features = {
        f.get(f"{sources.NAME}name"): f.get(f"{sources.NAME}required") for f in manifest.iter("uses-feature")
    }
    assert features == {
        f"android.hardware.camera{more}": "false" for more in ("", ".autofocus", ".any")
    }  # fmt: skip
    libraries = manifest.iter("uses-native-library")
    assert {library.get(f"{sources.NAME}required") for library in libraries} == {"false"}


def test_every_text_is_used_and_there() -> None:
    strings = ET.parse(APP / "app/src/main/res/values/strings.xml").getroot()
    there = [s.get("name") for s in strings.iterfind("string")]
    assert len(there) == len(set(there))
    code = [
        p.read_text(encoding="utf-8")
        for p in (APP / "app/src/main").rglob("*")
        if p.suffix in (".kt", ".xml")
    ]
    used = {
        name for text in code for name in re.findall(r"(?:(?<!android\.)R\.string\.|@string/)(\w+)", text)
    }
    assert used == set(there)


def test_buttons_say_what_they_do() -> None:
    """What TalkBack reads: a description in the layout, or set by the code."""
    name = sources.NAME
    layout = ET.parse(APP / "app/src/main/res/layout/main.xml").getroot()
    code = (APP / SCREENS / "MainActivity.kt").read_text(encoding="utf-8")
    for button in layout.iter("Button"):
        identifier = (button.get(f"{name}id") or "").removeprefix("@+id/")
        assert (
            button.get(f"{name}contentDescription") or f"R.id.{identifier})\n        button.setText" in code
        )
    assert "depthView.contentDescription" in code


def gradle(path: str) -> str:
    return (APP / path).read_text(encoding="utf-8")


def test_gradle_says_what_the_check_builds() -> None:
    """The two builds of the app must not drift apart."""
    text = gradle("app/build.gradle.kts")
    assert f'namespace = "{build.PACKAGE}"' in text
    assert f"minSdk = {build.MIN_SDK}\n" in text
    assert f"targetSdk = {build.TARGET_SDK}\n" in text
    assert int(build.MIN_SDK) == run.MIN_SDK
    quoted = ", ".join(f'"{name}"' for name in run.SHIPPED)
    assert f"val shipped = listOf({quoted})" in text
    assert "python -m export.all" in text
    assert 'noCompress += "tflite"' in text
    assert 'kotlin = "2.2.' in gradle("gradle/libs.versions.toml")
    assert build.KOTLIN[:2] == ("-language-version", "2.2")


def test_versions_are_taken_from_the_catalogue_and_are_there() -> None:
    catalogue = gradle("gradle/libs.versions.toml")
    scripts = "".join(
        gradle(p) for p in ("build.gradle.kts", "app/build.gradle.kts", "core/build.gradle.kts")
    )
    for alias in re.findall(r"libs\.(?:plugins\.)?([a-z.]+)\)", scripts):
        assert re.search(rf"^{alias.replace('.', '-')} = ", catalogue, re.MULTILINE), alias
    assert not re.search(r'"[\w.]+:[\w.-]+:\d', scripts)


def test_the_benchmark_knows_the_app() -> None:
    """Its package, its screen, and the folder that both reach: bench.remote.app speaks with these."""
    assert app.PACKAGE == build.PACKAGE
    assert (APP / SCREENS / f"{app.ACTIVITY.rpartition('.')[2]}.kt").is_file()
    assert f"/sdcard/Android/media/{app.PACKAGE}" == app.FILES
    models, screen = (
        (APP / SCREENS / f"{name}.kt").read_text(encoding="utf-8") for name in ("Models", "BenchmarkActivity")
    )
    assert "context.externalMediaDirs.first" in models
    assert 'SHIPPED = "models"' in models
    assert 'FOLDER = "bench"' in screen


def test_kotlin_knows_the_format_that_is_exported() -> None:
    text = (APP / CORE / "Manifest.kt").read_text(encoding="utf-8")
    assert f"const val MANIFEST_FORMAT = {manifest.FORMAT}\n" in text
    assert f'const val MANIFEST_NAME = "{manifest.NAME}"\n' in text
