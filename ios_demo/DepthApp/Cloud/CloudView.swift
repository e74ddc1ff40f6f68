import DepthKit
import MetalKit
import SwiftUI

/// A point cloud to turn with one finger and zoom with two. It begins as the camera saw it.
struct CloudView: View {
    let cloud: PointCloud
    let focal: Double
    let photoAspect: Double
    @State private var orbit = Orbit()
    @State private var dragged = GestureWay<CGPoint, CGSize>()
    @State private var pinched = GestureWay<CGPoint, Double>()

    /// How far VoiceOver's gestures turn, an eighth of a circle, and zoom.
    private static let (step, zoomStep) = (0.25, 1.25)

    var body: some View {
        if CloudRenderer.isPossible {
            points
        } else {
            Text("Points cannot be drawn here: this device has no Metal.")
                .frame(maxWidth: .infinity, maxHeight: .infinity)
        }
    }

    private var points: some View {
        GeometryReader { place in
            MetalCloud(cloud: cloud, view: CloudCamera(orbit: orbit, focal: focal, photoAspect: photoAspect))
                .gesture(turning(place.size))
                .simultaneousGesture(zooming)
        }
        .accessibilityElement()
        .accessibilityLabel("Point cloud of \(cloud.count) points")
        .accessibilityValue("Turned by \(Int((orbit.yaw * 180 / .pi).rounded())) degrees")
        .accessibilityHint("Adjust to turn it, zoom to come nearer")
        .accessibilityAdjustableAction { direction in
            orbit.drag(right: direction == .increment ? Self.step : -Self.step, down: 0)
        }
        .accessibilityZoomAction { zoom in
            orbit.pinch(by: zoom.direction == .zoomIn ? Self.zoomStep : 1 / Self.zoomStep)
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
                let before = dragged.advance(from: drag.startLocation, to: drag.translation, nothing: .zero)
                let (right, down) = (
                    drag.translation.width - before.width, drag.translation.height - before.height
                )
                orbit.drag(right: right / side, down: down / side)
            }
            .onEnded { _ in dragged.end() }
    }

    private var zooming: some Gesture {
        MagnifyGesture()
            .onChanged { pinch in
                let before = pinched.advance(from: pinch.startLocation, to: pinch.magnification, nothing: 1)
                orbit.pinch(by: pinch.magnification / before)
            }
            .onEnded { _ in pinched.end() }
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
