import DepthKit
import Foundation
import SwiftUI
import UIKit

/// Benchmark mode: measures, writes JSON into Documents and to standard output, and ends.
struct BenchmarkView: View {
    @State private var text = "Measuring…"

    private static let failed: Int32 = 2

    var body: some View {
        Text(text)
            .multilineTextAlignment(.center)
            .padding()
            .task { await run() }
    }

    private func run() async {
        UIApplication.shared.isIdleTimerDisabled = true
        do {
            guard let options = try BenchmarkOptions(arguments: CommandLine.arguments) else { return }
            let out = URL.documentsDirectory.appendingPathComponent(options.out)
            try Data("{}\n".utf8).write(to: out)  // should this run not end: no earlier result
            let run = BenchmarkRun(options: options) { step in
                Task { @MainActor in text = step }
            }
            let json = try await run.report().json()
            try json.write(to: out, options: .atomic)
            FileHandle.standardOutput.write(json + Data("\n".utf8))
            exit(0)
        } catch {
            FileHandle.standardError.write(Data("error: \(error.localizedDescription)\n".utf8))
            exit(Self.failed)
        }
    }
}
