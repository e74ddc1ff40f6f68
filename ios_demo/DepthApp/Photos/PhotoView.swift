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
            ShownView(shown: model.shown, waiting: waiting)
            ForEach([session.notice, model.notice].compactMap { $0 }, id: \.self) { text in
                NoticeView(text: text)
            }
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
        .task(id: wanted) {
            if let item, let pipeline = session.pipeline { await model.show(item, pipeline, mode) }
        }
    }

    private var waiting: String {
        if session.notice != nil || model.notice != nil { return "" }
        return item == nil ? "Choose a photo." : "Looking at the photo…"
    }

    private var wanted: Wanted {
        Wanted(item: item, model: session.pipeline?.model.fileName, units: session.units, mode: mode)
    }
}

/// The photo is worked on anew when one of these changes.
private struct Wanted: Hashable {
    let item: PhotosPickerItem?
    let model: String?
    let units: ComputeUnits
    let mode: ShownMode
}
