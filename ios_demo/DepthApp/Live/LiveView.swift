import DepthKit
import SwiftUI
import UIKit

/// What the camera sees, as depth, as points, or as the network sees it.
struct LiveView: View {
    @Environment(Session.self) private var session
    @Environment(\.scenePhase) private var phase
    @State private var live = LiveModel()

    var body: some View {
        VStack(spacing: 12) {
            ShownView(shown: live.shown, waiting: notices.isEmpty ? "Waiting for the camera…" : "")
            ForEach(notices, id: \.self) { text in
                NoticeView(text: text)
            }
            if live.isRefused, let settings = URL(string: UIApplication.openSettingsURLString) {
                Link("Open the settings", destination: settings)
            }
            TimesView(timings: live.timings)
            controls
        }
        .padding()
        .task(
            id: Running(
                model: session.pipeline?.model.fileName, units: session.units, side: live.side, phase: phase)
        ) {
            if phase == .active, let pipeline = session.pipeline { await live.run(pipeline) }
        }
    }

    private var notices: [String] {
        [session.notice, live.notice, live.heatNotice].compactMap { $0 }
    }

    private var controls: some View {
        VStack {
            ShownModePicker(mode: $live.mode)
            HStack {
                Picker("Camera", selection: $live.side) {
                    Text("Back").tag(Camera.Side.back)
                    Text("Front").tag(Camera.Side.front)
                }
                .pickerStyle(.segmented)
                ExportButton(result: live.shown?.result)
            }
        }
    }
}

/// The camera starts anew when one of these changes.
private struct Running: Hashable {
    let model: String?
    let units: ComputeUnits
    let side: Camera.Side
    let phase: ScenePhase
}
