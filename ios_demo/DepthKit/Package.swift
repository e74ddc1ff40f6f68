// swift-tools-version: 6.0
import PackageDescription

// The module of the command is not called `depthkit`: on disks that take A for a it would be the library's.
let package = Package(
    name: "DepthKit",
    platforms: [.iOS(.v17), .macOS(.v14)],
    products: [
        .library(name: "DepthKit", targets: ["DepthKit"]),
        .executable(name: "depthkit", targets: ["DepthTool"]),
    ],
    targets: [
        .target(name: "DepthKit"),
        .executableTarget(name: "DepthTool", dependencies: ["DepthKit"]),
        .testTarget(name: "DepthKitTests", dependencies: ["DepthKit"]),
    ],
    swiftLanguageModes: [.v6]
)
