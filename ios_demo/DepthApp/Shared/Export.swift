import DepthKit
import SwiftUI

/// Files of one result: point cloud, depth as a picture of 16 bits, both named by the time.
struct ExportedFiles: Identifiable, Sendable {
    let id = UUID()
    let files: [URL]
    let note: String

    /// Written away from the main thread. Throws where the phone is full.
    nonisolated static func write(_ result: DepthResult) async throws -> ExportedFiles {
        let folder = URL.temporaryDirectory.appendingPathComponent("Export")
        try? FileManager.default.removeItem(at: folder)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let name = Date.now.formatted(.iso8601.timeSeparator(.omitted))
        let cloud = folder.appendingPathComponent("\(name).ply")
        let depth = folder.appendingPathComponent("\(name)-depth.png")
        try result.cloud().ply().write(to: cloud, options: .atomic)
        try result.resized().depthPNG().write(to: depth, options: .atomic)
        return ExportedFiles(files: [cloud, depth], note: note(result.focal))
    }

    private nonisolated static func note(_ focal: Focal) -> String {
        switch focal.origin {
        case .camera: "Field of view: from the camera."
        case .photo: "Field of view: from the photo."
        case .assumed(let degrees): "Field of view: assumed, \(Int(degrees))° from left to right."
        }
    }
}

/// Writes the files, then offers to share them.
struct ExportButton: View {
    let result: DepthResult?
    @State private var exported: ExportedFiles?
    @State private var isWriting = false
    @State private var problem = ""
    @State private var isProblemShown = false

    var body: some View {
        Button("Export", systemImage: "square.and.arrow.up") {
            guard let result else { return }
            Task { await export(result) }
        }
        .disabled(result == nil || isWriting)
        .accessibilityHint("Writes the point cloud and the depth map, to share them")
        .sheet(item: $exported) { exported in
            ShareView(exported: exported)
        }
        .alert("Nothing was exported", isPresented: $isProblemShown) {
            Button("OK") {}
        } message: {
            Text(problem)
        }
    }

    private func export(_ result: DepthResult) async {
        isWriting = true
        defer { isWriting = false }
        do {
            exported = try await ExportedFiles.write(result)
        } catch {
            problem = error.localizedDescription
            isProblemShown = true
        }
    }
}

private struct ShareView: View {
    let exported: ExportedFiles

    var body: some View {
        VStack(spacing: 16) {
            ForEach(exported.files, id: \.self) { file in
                Text(file.lastPathComponent).font(.body.monospaced())
            }
            Text("No true scale is known: the middle of all depths is 1. \(exported.note)")
                .font(.footnote)
            ShareLink(items: exported.files) { Label("Share", systemImage: "square.and.arrow.up") }
                .buttonStyle(.borderedProminent)
        }
        .padding()
        .presentationDetents([.medium])
    }
}
