import DepthKit
import MetalKit
import SwiftUI

/// A point cloud to turn with one finger and zoom with two. It begins as the camera saw it.
struct CloudView: View {
    let cloud: PointCloud
    let focal: Double
    let photoAspect: Double
    @State private var orbit = Orbit()
    @State private var dragged = CGSize.zero
    @State private var pinched = 1.0

    /// How far VoiceOver's adjust gesture turns: an eighth of a circle.
    private static let step = 0.25

    var body: some View {
        GeometryReader { place in
            MetalCloud(cloud: cloud, view: CloudCamera(orbit: orbit, focal: focal, photoAspect: photoAspect))
                .gesture(turning(place.size))
                .simultaneousGesture(zooming)
        }
        .accessibilityElement()
        .accessibilityLabel("Point cloud of \(cloud.count) points")
        .accessibilityValue("Turned by \(Int((orbit.yaw * 180 / .pi).rounded())) degrees")
        .accessibilityHint("Adjust to turn it")
        .accessibilityAdjustableAction { direction in
            orbit.drag(right: direction == .increment ? Self.step : -Self.step, down: 0)
        }
        .overlay(alignment: .topTrailing) {
            Button("Reset the view", systemImage: "arrow.counterclockwise") { orbit = Orbit() }
                .labelStyle(.iconOnly)
                .padding()
        }
    }

    private func turning(_ size: CGSize) -> some Gesture {
        DragGesture(minimumDistance: 1)
            .onChanged { drag in
                let side = max(1, min(size.width, size.height))
                let (right, down) = (
                    drag.translation.width - dragged.width, drag.translation.height - dragged.height
                )
                orbit.drag(right: right / side, down: down / side)
                dragged = drag.translation
            }
            .onEnded { _ in dragged = .zero }
    }

    private var zooming: some Gesture {
        MagnifyGesture()
            .onChanged { pinch in
                orbit.pinch(by: pinch.magnification / pinched)
                pinched = pinch.magnification
            }
            .onEnded { _ in pinched = 1 }
    }
}

/// Where a cloud is seen from.
struct CloudCamera: Equatable {
    let orbit: Orbit
    let focal: Double
    let photoAspect: Double
}

private struct MetalCloud: UIViewRepresentable {
    let cloud: PointCloud
    let view: CloudCamera

    func makeCoordinator() -> CloudRenderer? { CloudRenderer(on: MTLCreateSystemDefaultDevice()) }

    func makeUIView(context: Context) -> MTKView {
        let view = MTKView()
        view.device = context.coordinator?.device
        view.colorPixelFormat = CloudRenderer.colourFormat
        view.depthStencilPixelFormat = CloudRenderer.depthFormat
        view.clearColor = MTLClearColor(red: 0, green: 0, blue: 0, alpha: 1)
        view.isPaused = true
        view.enableSetNeedsDisplay = true
        view.delegate = context.coordinator
        return view
    }

    func updateUIView(_ view: MTKView, context: Context) {
        context.coordinator?.show(cloud, from: self.view)
        view.setNeedsDisplay()
    }
}
