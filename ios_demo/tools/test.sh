#!/usr/bin/env bash
# All that can be checked of the iOS app without a Mac: `make test-ios` calls it, from the top of the checkout.
#
#     test.sh PYTHON TOOLCHAIN [ARTIFACT]
#
# ARTIFACT: an exported folder whose golden files are to be met; without one a small model is exported.
set -euo pipefail
cd "$(dirname "$0")/../.."
python=$1 toolchain=$2 artifact=${3:-}
here=ios_demo/tools
work=$PWD/ios_demo/.build
reference=$work/reference
strict=(-Xswiftc -warnings-as-errors)

step() { echo "── $*"; }
swift_in() { "$here/swift_in.sh" "$toolchain" "$@"; }
in_package() { swift_in ios_demo/DepthKit "$@"; }

step "Swift toolchain"
"$here/swift_setup.sh" "$toolchain"
in_package swift --version 2>&1 | head -1

step "what Python computes (exporter, resizing, point clouds)"
"$python" -m tests.ios.reference "$reference" ${artifact:+--artifact "$artifact"}

step "layout of the sources (swift format)"
in_package swift format lint --configuration ../.swift-format --strict --parallel -r Sources Tests ../DepthApp

step "DepthKit: Swift 6 mode, warnings are errors; tests against Python's files"
in_package env DEPTHKIT_REFERENCE="$reference" swift test "${strict[@]}" >"$work/tests.log" 2>&1 ||
    { grep -v '^◇\|✔' "$work/tests.log"; exit 1; }
grep '^✔ Test run with' "$work/tests.log"
if grep -q '^➜\|skipped' "$work/tests.log"; then
    grep '^➜\|skipped' "$work/tests.log"
    echo "error: tests were skipped although the reference is there" >&2
    exit 1
fi

step "depthkit, the command"
"$python" -m tests.ios.command "$toolchain" "$reference"

if [ "$(uname)" = Darwin ]; then
    step "DepthApp: built with Xcode, unsigned"
    xcodebuild -quiet -project ios_demo/DepthApp.xcodeproj -scheme DepthApp -derivedDataPath "$work/xcode" \
        -destination generic/platform=iOS CODE_SIGNING_ALLOWED=NO build
    echo "make test-ios: passed. NOT RUN, for want of a phone: ios_demo/README.md lists what to try by hand."
    exit 0
fi

step "what lies behind #if canImport: types, against stand-ins for Apple's modules"
swift_in . "$here/typecheck.sh" "$reference"

cat <<'END'

make test-ios: passed.
Checked here: DepthKit against the exporter's golden files; the command's PLY, byte by byte; types and
concurrency of the code for Apple's frameworks, and DepthKit's part of it run, against stand-ins that are our
own reading of their interfaces.
NOT RUN, for want of a Mac and a phone: xcodebuild, signing, the simulator; Core ML (compiling, loading,
predicting, its accuracy and speed); the camera; Metal shaders and drawing; SwiftUI's behaviour, VoiceOver;
heat, memory, interruptions. ios_demo/README.md lists what to try by hand.
END
