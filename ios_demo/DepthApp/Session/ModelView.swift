import DepthKit
import SwiftUI
import UniformTypeIdentifiers

/// Which model, where it runs, what is known of it.
struct ModelView: View {
    @Environment(Session.self) private var session
    @State private var isOpening = false

    var body: some View {
        NavigationStack {
            Form {
                choice
                computeUnits
                if let notice = session.notice {
                    Section { Text(notice) }
                }
                if let pipeline = session.pipeline {
                    ModelFacts(model: pipeline.model.description)
                }
            }
            .navigationTitle("Model")
            .fileImporter(isPresented: $isOpening, allowedContentTypes: [.mlpackage]) { result in
                session.open(result)
            }
        }
    }

    private var choice: some View {
        Section("Model") {
            ForEach(session.models) { model in
                Button {
                    session.choose(model)
                } label: {
                    Label(
                        model.name, systemImage: model == session.chosen ? "checkmark.circle.fill" : "circle")
                }
                .accessibilityLabel(model == session.chosen ? "\(model.name), chosen" : model.name)
                .deleteDisabled(model.isBundled)
            }
            .onDelete { places in
                for model in places.map({ session.models[$0] }) { session.remove(model) }
            }
            Button("Open a .mlpackage…", systemImage: "folder") { isOpening = true }
        }
    }

    private var computeUnits: some View {
        @Bindable var session = session
        return Section("Runs on") {
            Picker("Compute units", selection: $session.units) {
                ForEach(ComputeUnits.allCases) { units in
                    Text(units.title).tag(units)
                }
            }
        }
    }
}

/// What model.json says.
private struct ModelFacts: View {
    let model: ModelDescription

    var body: some View {
        Section("About") {
            LabeledContent("Network", value: model.title)
            LabeledContent("Version", value: model.version)
            LabeledContent("Input", value: "\(model.height) × \(model.width)")
            LabeledContent("Parameters", value: model.params.formatted())
            LabeledContent("Multiply-adds", value: model.madds.formatted())
            LabeledContent("Trained on", value: model.trainedOn.joined(separator: ", "))
            LabeledContent("Licence of the weights", value: model.licence)
            ForEach(model.accuracy.keys.sorted(), id: \.self) { name in
                LabeledContent("Errors on \(name)", value: scores(name))
            }
        }
    }

    private func scores(_ name: String) -> String {
        let metrics = (model.accuracy[name] ?? [:]).sorted { $0.key < $1.key }
        return metrics.map { "\($0.key) \($0.value.formatted(.number.precision(.fractionLength(1))))" }
            .joined(separator: ", ")
    }
}

extension UTType {
    /// Declared in Info.plist.
    static var mlpackage: UTType { UTType(importedAs: "com.apple.coreml.mlpackage") }
}
