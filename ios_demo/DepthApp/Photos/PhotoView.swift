import DepthKit
import PhotosUI
import SwiftUI

/// A photo, chosen without giving the app access to all of them.
struct PhotoView: View {
    @Environment(Session.self) private var session
    @State private var model = PhotoModel()
    @State private var item: PhotosPickerItem?
    @State private var mode = ShownMode.depth

    var body: some View {
        VStack(spacing: 12) {
            ShownView(shown: model.shown, waiting: session.notice ?? "Choose a photo.")
            if let notice = model.notice { NoticeView(text: notice) }
            TimesView(timings: model.timings)
            ShownModePicker(mode: $mode)
            HStack {
                PhotosPicker(selection: $item, matching: .images) {
                    Label("Choose a photo", systemImage: "photo.on.rectangle")
                }
                .buttonStyle(.borderedProminent)
                ExportButton(result: model.shown?.result)
            }
        }
        .padding()
        .task(id: item) {
            if let item { await model.read(item, session.pipeline, mode) }
        }
        .task(id: Loaded(model: session.pipeline?.model.fileName, units: session.units)) {
            await model.run(session.pipeline, mode)
        }
        .task(id: mode) { await model.draw(mode) }
    }
}

private struct Loaded: Hashable {
    let model: String?
    let units: ComputeUnits
}
