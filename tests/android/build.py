"""The steps from Kotlin to a signed APK, and the tests' JVM programs; each is one tool of the toolchain."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.android import apk

# Kotlin as users' Gradle has it; the JVM's quick compiler alone: these programs run for seconds.
KOTLIN = ("-language-version", "2.2", "-api-version", "2.2", "-jvm-target", "11")
QUICK = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
MIN_SDK, TARGET_SDK = "26", "36"
PACKAGE = "plumb.app"
RULES = """-keep class plumb.** { *; }
-keep class com.google.ai.edge.litert.** { *; }
-dontobfuscate
-dontwarn **
"""
STUBS = Path(__file__).with_name("stubs")
ASSETS = ("model.json", "*.tflite")
SECONDS = 300
MOST_LINES = 60  # of what a failing tool said


class BuildError(RuntimeError):
    """A step that failed, with what its tool said."""


class Build:
    """tools: the toolchain · source: android_demo · out: where everything goes."""

    def __init__(self, tools: Path, source: Path, out: Path) -> None:
        self.tools, self.source, self.out = tools, source, out
        self.apk = out / "app.apk"

    # --- Kotlin

    def core(self) -> None:
        self.kotlin(
            "core.jar", [self.source / "core/src/main/kotlin"], [self.android], ["-no-jdk", "-Werror"]
        )

    def stub(self) -> None:
        self.kotlin("litert.jar", [STUBS], [self.android], ["-no-jdk", "-nowarn"])

    def app(self) -> None:
        classpath = [self.android, *(self.out / jar for jar in ("core.jar", "litert.jar", "resources.jar"))]
        self.kotlin("app.jar", [self.source / "app/src/main/kotlin"], classpath, ["-no-jdk", "-Werror"])

    def tests(self) -> None:
        core = self.out / "core.jar"
        options = ["-Werror", f"-Xfriend-paths={core}"]  # internal names are seen, as in Gradle
        self.kotlin("tests.jar", [self.source / "core/src/test/kotlin"], [core, *self.junit_jars], options)

    def kotlin(
        self, name: str, sources: Sequence[Path], classpath: Sequence[Path], options: Sequence[str]
    ) -> None:
        compiler = [
            "bash",
            str(self.tools / "kotlinc/bin/kotlinc"),
            *KOTLIN,
            *options,
            "-cp",
            joined(classpath),
        ]
        run([*compiler, "-d", str(self.out / name), *map(str, sources)], {"JAVA_OPTS": " ".join(QUICK)})

    # --- resources, dex, APK

    def resources(self) -> None:
        """Compiled resources, their names as Java classes; the manifest gets the package as from Gradle."""
        for folder in ("names", "classes", "manifest"):
            (self.out / folder).mkdir()
        manifest = self.out / "manifest" / "AndroidManifest.xml"
        text = (self.source / "app/src/main/AndroidManifest.xml").read_text(encoding="utf-8")
        manifest.write_text(
            text.replace("<manifest ", f'<manifest package="{PACKAGE}" ', 1), encoding="utf-8"
        )
        aapt = str(self.tools / "aapt2")
        run(
            [
                aapt,
                "compile",
                "--dir",
                str(self.source / "app/src/main/res"),
                "-o",
                str(self.out / "resources.zip"),
            ]
        )
        self.link(["--java", str(self.out / "names")])
        names = next((self.out / "names").rglob("R.java"))
        old = [
            "-source",
            "8",
            "-target",
            "8",
            "-nowarn",
            "-Xlint:-options",
            "-bootclasspath",
            str(self.android),
        ]
        run(["javac", *old, "-d", str(self.out / "classes"), str(names)])
        zip_folder(self.out / "classes", self.out / "resources.jar")

    def link(self, more: Sequence[str]) -> None:
        run([
            str(self.tools / "aapt2"), "link", "-I", str(self.tools / "framework.apk"),
            "--no-compile-sdk-metadata", "--manifest", str(self.out / "manifest/AndroidManifest.xml"),
            "--min-sdk-version", MIN_SDK, "--target-sdk-version", TARGET_SDK,
            "--version-code", "1", "--version-name", "0.1", *more,
            "-o", str(self.out / "base.apk"), str(self.out / "resources.zip"),
        ])  # fmt: skip

    def dex(self) -> None:
        (self.out / "rules.pro").write_text(RULES, encoding="utf-8")
        (self.out / "dex").mkdir()
        jars = [self.out / name for name in ("app.jar", "core.jar", "resources.jar")]
        run([
            "java", *QUICK, "-cp", str(self.tools / "r8.jar"), "com.android.tools.r8.R8", "--release",
            "--no-data-resources", "--min-api", MIN_SDK, "--lib", str(self.android),
            "--classpath", str(self.out / "litert.jar"), "--pg-conf", str(self.out / "rules.pro"),
            "--output", str(self.out / "dex"), *map(str, [*jars, self.stdlib]),
        ])  # fmt: skip

    def package(self, models: Sequence[Path]) -> None:
        """Resources, dex and, below `models/` as Gradle's task copyModels puts them, the models; aligned."""
        assets = self.out / "assets"
        for model in models:
            target = assets / "models" / model.name
            target.mkdir(parents=True)
            for path in sorted(p for pattern in ASSETS for p in model.glob(pattern)):
                shutil.copyfile(path, target / path.name)
        self.link(["-A", str(assets), "-0", "tflite"])
        with zipfile.ZipFile(self.out / "base.apk", "a", zipfile.ZIP_DEFLATED) as archive:
            archive.write(self.out / "dex/classes.dex", "classes.dex")
        apk.align(self.out / "base.apk", self.out / "aligned.apk")

    def sign(self) -> str:
        """Schemes 2 and 3, with a key made for this; returns the verifier's word on each."""
        key = ["--ks", str(self.out / "key.p12"), "--ks-pass", "pass:android"]
        run([
            "keytool", "-genkeypair", "-keystore", str(self.out / "key.p12"), "-storetype", "PKCS12",
            "-storepass", "android", "-alias", "key", "-keyalg", "RSA", "-keysize", "2048",
            "-validity", "10000", "-dname", "CN=check",
        ])  # fmt: skip
        schemes = [f"--v{n}-signing-enabled={str(n in (2, 3)).lower()}" for n in (1, 2, 3, 4)]
        files = ["--out", str(self.apk), str(self.out / "aligned.apk")]
        self.signer(["sign", *key, *schemes, "--min-sdk-version", MIN_SDK, *files])
        said = self.signer(["verify", "--verbose", "--min-sdk-version", MIN_SDK, str(self.apk)])
        found = re.findall(r"Verified using (v[23]) scheme.*: true", said)
        if found != ["v2", "v3"]:
            raise BuildError(f"{self.apk.name}: signed by {found}, not by v2 and v3")
        return "  verified: signature schemes v2 and v3\n"

    def signer(self, arguments: Sequence[str]) -> str:
        jars = joined([self.tools / "apksigner.jar", self.tools / "apksig.jar"])
        return run(["java", *QUICK, "-cp", jars, "com.android.apksigner.ApkSignerTool", *arguments])

    # --- programs of the tests

    def junit(self, folders: Mapping[str, Path]) -> str:
        """Every class NAMETest; BuildError where one fails or is not run."""
        names = sorted(p.stem for p in (self.source / "core/src/test/kotlin/plumb/core").glob("*Test.kt"))
        given = [f"-Dplumb.{name}={folder}" for name, folder in folders.items()]
        said = self.java("plumb.core.TestRunKt", [*QUICK, *given], [f"plumb.core.{name}" for name in names])
        if not said.rstrip().endswith(" 0 not run"):
            raise BuildError(f"tests were not run:\n{said}")
        return "".join(f"  {line}\n" for line in said.splitlines())

    def speed(self) -> str:
        said = self.java("plumb.core.SpeedKt", ["-XX:ActiveProcessorCount=1", "-XX:+UseSerialGC"], [])
        (self.out / "speed.txt").write_text(said, encoding="utf-8")
        return "".join(f"  {line}\n" for line in said.splitlines())

    def pictures(self, golden: Path) -> None:
        self.java("plumb.core.ScreensKt", list(QUICK), [str(golden), str(self.out)])

    def java(self, main: str, options: Sequence[str], arguments: Sequence[str]) -> str:
        jars = [self.out / "core.jar", self.out / "tests.jar", *self.junit_jars, self.stdlib]
        return run(["java", "-Djava.awt.headless=true", *options, "-cp", joined(jars), main, *arguments])

    @property
    def android(self) -> Path:
        return self.tools / "android.jar"

    @property
    def stdlib(self) -> Path:
        return self.tools / "kotlinc/lib/kotlin-stdlib.jar"

    @property
    def junit_jars(self) -> list[Path]:
        return [self.tools / "junit4.jar", self.tools / "hamcrest.jar"]


def run(command: Sequence[str], environment: Mapping[str, str] | None = None) -> str:
    """What the command said on stdout; BuildError with all it said where it failed."""
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
        env={**os.environ, **(environment or {})},
    )
    if done.returncode:
        said = f"{done.stdout}{done.stderr}".splitlines()
        raise BuildError("\n".join([f"{Path(command[0]).name} failed:", *said[:MOST_LINES]]))
    return done.stdout


def joined(paths: Sequence[Path]) -> str:
    return ":".join(map(str, paths))


def zip_folder(folder: Path, target: Path) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            archive.write(path, path.relative_to(folder).as_posix())
