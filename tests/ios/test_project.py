"""The hand-made Xcode project: every id leads to an object, every file is there, both descriptions agree."""

from __future__ import annotations

import plistlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.ios import openstep
from training import __version__

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "ios_demo"
PROJECT = DEMO / "DepthApp.xcodeproj"
ID = re.compile(r"[0-9A-F]{24}")
# The properties of each kind of object that name others.
REQUIRED = {
    "PBXBuildFile": (),
    "PBXFileReference": ("sourceTree",),
    "PBXFileSystemSynchronizedRootGroup": ("path", "sourceTree"),
    "PBXFrameworksBuildPhase": ("files", "buildActionMask"),
    "PBXGroup": ("children", "sourceTree"),
    "PBXNativeTarget": ("buildConfigurationList", "buildPhases", "productReference", "productType", "name"),
    "PBXProject": ("buildConfigurationList", "mainGroup", "targets", "packageReferences"),
    "PBXResourcesBuildPhase": ("files", "buildActionMask"),
    "PBXSourcesBuildPhase": ("files", "buildActionMask"),
    "XCBuildConfiguration": ("buildSettings", "name"),
    "XCConfigurationList": ("buildConfigurations", "defaultConfigurationName"),
    "XCLocalSwiftPackageReference": ("relativePath",),
    "XCSwiftPackageProductDependency": ("productName",),
}


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    values: dict[str, Any] = openstep.parse((PROJECT / "project.pbxproj").read_text(encoding="utf-8"))
    return values


def words(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, member in value.items():
            yield key
            yield from words(member)
    else:
        for member in value:
            yield from words(member)


def of(project: dict[str, Any], isa: str) -> list[dict[str, Any]]:
    return [o for o in project["objects"].values() if o["isa"] == isa]


def test_every_id_leads_to_an_object_and_every_object_is_reached(project: dict[str, Any]) -> None:
    objects = project["objects"]
    used = {w for o in objects.values() for w in words(o) if ID.fullmatch(w)} | {project["rootObject"]}
    assert all(ID.fullmatch(key) for key in objects)
    assert used == set(objects)
    assert objects[project["rootObject"]]["isa"] == "PBXProject"


def test_every_object_has_what_its_kind_needs(project: dict[str, Any]) -> None:
    for key, one in project["objects"].items():
        missing = [name for name in REQUIRED[one["isa"]] if name not in one]
        assert not missing, (key, missing)
    assert {o["isa"] for o in project["objects"].values()} == set(REQUIRED)


def test_the_format_is_that_of_xcode_16(project: dict[str, Any]) -> None:
    assert (project["archiveVersion"], project["objectVersion"]) == ("1", "77")
    assert of(project, "PBXProject")[0]["preferredProjectObjectVersion"] == "77"


def test_every_file_is_there(project: dict[str, Any]) -> None:
    paths = [o["path"] for o in of(project, "PBXFileReference") if o["sourceTree"] == "<group>"]
    paths += [o["path"] for o in of(project, "PBXFileSystemSynchronizedRootGroup")]
    paths += [o["relativePath"] for o in of(project, "XCLocalSwiftPackageReference")]
    assert len(paths) == 5
    assert not [p for p in paths if not (DEMO / p).exists()]
    assert (DEMO / "DepthKit" / "Package.swift").is_file()


def settings(project: dict[str, Any]) -> list[dict[str, Any]]:
    return [o["buildSettings"] for o in of(project, "XCBuildConfiguration")]


def test_settings_agree_with_xcodegens_and_the_package(project: dict[str, Any]) -> None:
    merged = {k: v for s in settings(project) for k, v in s.items()}
    xcodegen = (DEMO / "project.yml").read_text(encoding="utf-8")
    assert merged["MARKETING_VERSION"] == __version__
    for key in ("MARKETING_VERSION", "PRODUCT_BUNDLE_IDENTIFIER", "INFOPLIST_FILE", "SWIFT_VERSION",
                "TARGETED_DEVICE_FAMILY", "CODE_SIGN_STYLE"):  # fmt: skip
        assert re.search(rf'^ +{key}: "?{re.escape(merged[key])}"?$', xcodegen, re.MULTILINE), key
    assert f'iOS: "{merged["IPHONEOS_DEPLOYMENT_TARGET"]}"' in xcodegen
    package = (DEMO / "DepthKit" / "Package.swift").read_text(encoding="utf-8")
    assert f".iOS(.v{merged['IPHONEOS_DEPLOYMENT_TARGET'].removesuffix('.0')})" in package
    assert of(project, "XCSwiftPackageProductDependency")[0]["productName"] == "DepthKit"
    assert '.library(name: "DepthKit"' in package


def test_nobody_s_team_is_in_it(project: dict[str, Any]) -> None:
    assert {s.get("DEVELOPMENT_TEAM", "") for s in settings(project)} == {""}


def test_the_scheme_builds_the_target(project: dict[str, Any]) -> None:
    scheme = (PROJECT / "xcshareddata/xcschemes/DepthApp.xcscheme").read_text(encoding="utf-8")
    (target,) = of(project, "PBXProject")[0]["targets"]
    assert set(re.findall(r'BlueprintIdentifier = "(\w+)"', scheme)) == {target}
    assert 'LaunchAction\n      buildConfiguration = "Release"' in scheme


def test_info_says_why_the_camera_is_needed_and_what_can_be_opened() -> None:
    info = plistlib.loads((DEMO / "Info.plist").read_bytes())
    assert len(info["NSCameraUsageDescription"]) > 40
    # The share sheet's "Save Image" ends an app that does not say why.
    assert len(info["NSPhotoLibraryAddUsageDescription"]) > 40
    (declared,) = info["UTImportedTypeDeclarations"]
    assert declared["UTTypeTagSpecification"]["public.filename-extension"] == ["mlpackage"]
    (opened,) = info["CFBundleDocumentTypes"]
    assert opened["LSItemContentTypes"] == [declared["UTTypeIdentifier"]]
    assert info["CFBundleShortVersionString"] == "$(MARKETING_VERSION)"
    source = (DEMO / "DepthApp/Session/ModelView.swift").read_text(encoding="utf-8")
    assert f'UTType(importedAs: "{declared["UTTypeIdentifier"]}")' in source


# What must be declared, and the reason that fits, by what a source calls.
DECLARED = {"UserDefaults": ("NSPrivacyAccessedAPICategoryUserDefaults", "CA92.1")}
WOULD_NEED_A_REASON = (
    "creationDate", "modificationDate", "contentModificationDate", "systemUptime", "mach_absolute_time",
    "volumeAvailableCapacity", "systemFreeSize", "activeInputModes", "fstat", "getattrlist",
)  # fmt: skip


def test_the_privacy_manifest_declares_what_is_used() -> None:
    manifest = plistlib.loads((DEMO / "DepthApp/Resources/PrivacyInfo.xcprivacy").read_bytes())
    assert manifest["NSPrivacyTracking"] is False
    assert manifest["NSPrivacyCollectedDataTypes"] == []
    declared = {
        (one["NSPrivacyAccessedAPIType"], reason)
        for one in manifest["NSPrivacyAccessedAPITypes"]
        for reason in one["NSPrivacyAccessedAPITypeReasons"]
    }
    folders = (DEMO / "DepthApp", DEMO / "DepthKit" / "Sources" / "DepthKit")
    sources = "\n".join(p.read_text(encoding="utf-8") for f in folders for p in f.rglob("*.swift"))
    assert declared == {entry for name, entry in DECLARED.items() if name in sources}
    assert not [name for name in WOULD_NEED_A_REASON if re.search(rf"\b{name}\b", sources)]


def test_the_reader_refuses_what_is_no_property_list() -> None:
    assert openstep.parse('{a = "b c"; /* x */ d = (e, f,); }') == {"a": "b c", "d": ["e", "f"]}
    for text in ("{a = b}", "{a b;}", "(a b)", "{a = b; a = c;}", "{} x", "{a = ?;}"):
        with pytest.raises(ValueError, match=r".+"):
            openstep.parse(text)
