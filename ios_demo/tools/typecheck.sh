#!/usr/bin/env bash
# Compiles the stand-ins for Apple's modules, then DepthKit and the app against them: types and concurrency of
# what lies behind `#if canImport`. Then runs DepthKit's part of it. Where `swiftc` is, from the top.
#
#     typecheck.sh REFERENCE
set -euo pipefail
reference=$1
standins=ios_demo/standins
out=ios_demo/.build/standins
rm -rf "$out"
mkdir -p "$out"
flags=(-swift-version 6 -parse-as-library -I "$out")
strict=("${flags[@]}" -warnings-as-errors)

library() { # NAME FLAGS… FILES…: a module to link
    swiftc -emit-library -static -emit-module -module-name "$1" -emit-module-path "$out/$1.swiftmodule" \
        -o "$out/lib$1.a" "${@:2}"
}
interface() { # NAME: a module whose types alone are needed
    swiftc "${flags[@]}" -suppress-warnings -emit-module -module-name "$1" -o "$out/$1.swiftmodule" \
        "$standins/$1"/*.swift
}

# Each after those it imports.
for module in CoreGraphics CoreVideo CoreML ImageIO; do
    library "$module" "${flags[@]}" -suppress-warnings "$standins/$module"/*.swift
done
mapfile -t kit < <(find ios_demo/DepthKit/Sources/DepthKit -name '*.swift' | sort)
library DepthKit "${strict[@]}" "${kit[@]}"
echo "DepthKit: what is for Core ML, Core Video and ImageIO fits the stand-ins"
swiftc "${strict[@]}" -module-name Check -o "$out/check" "$standins/check/Check.swift" -L "$out" \
    -lDepthKit -lCoreML -lCoreVideo -lImageIO -lCoreGraphics
"$out/check" "$reference"

for module in UniformTypeIdentifiers CoreMedia AVFoundation UIKit Metal MetalKit SwiftUI PhotosUI; do
    interface "$module"
done
mapfile -t app < <(find ios_demo/DepthApp -name '*.swift' | sort)
swiftc "${strict[@]}" -typecheck -module-name DepthApp "${app[@]}"
echo "DepthApp: fits the stand-ins"

for file in "$standins"/check/wrong/*.swift; do
    expected=$(sed -n '1s/^\/\/ error: //p' "$file")
    if swiftc "${strict[@]}" -typecheck "$file" >"$out/wrong.log" 2>&1 || ! grep -q "$expected" "$out/wrong.log"; then
        cat "$out/wrong.log"
        echo "error: $file: its mistake ('$expected') was not found" >&2
        exit 1
    fi
done
echo "Mistakes made on purpose are found: a misspelt member, a data race, a call from the wrong actor"
