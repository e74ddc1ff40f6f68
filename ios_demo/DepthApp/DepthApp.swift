import DepthKit
import SwiftUI

@main
struct DepthApp: App {
    @State private var session = Session()

    var body: some Scene {
        WindowGroup {
            if CommandLine.arguments.contains(BenchmarkOptions.flag) {
                BenchmarkView()
            } else {
                RootView().environment(session)
            }
        }
    }
}

/// Camera and photos; the model and how it runs on a page of their own.
struct RootView: View {
    @Environment(Session.self) private var session

    var body: some View {
        TabView {
            LiveView().tabItem { Label("Camera", systemImage: "camera") }
            PhotoView().tabItem { Label("Photo", systemImage: "photo") }
            ModelView().tabItem { Label("Model", systemImage: "cube") }
        }
        .task { await session.start() }
        .onOpenURL { url in session.open(.success(url)) }
    }
}
