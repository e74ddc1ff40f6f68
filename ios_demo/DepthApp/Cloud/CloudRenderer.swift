import DepthKit
import Foundation
import MetalKit

/// Draws points with Metal, when something changed.
@MainActor
final class CloudRenderer: NSObject, @preconcurrency MTKViewDelegate {
    static let colourFormat = MTLPixelFormat.bgra8Unorm_srgb
    static let depthFormat = MTLPixelFormat.depth32Float

    let device: any MTLDevice
    private let queue: any MTLCommandQueue
    private let pipeline: any MTLRenderPipelineState
    private let depthTest: any MTLDepthStencilState
    private var cloud: PointCloud?
    private var camera: CloudCamera?
    private var positions: (any MTLBuffer)?
    private var colours: (any MTLBuffer)?

    /// Points are drawn a little larger than the gaps between them.
    private static let overlap = 1.4

    static let isPossible = CloudRenderer(on: MTLCreateSystemDefaultDevice()) != nil

    /// Nil where the device has no Metal.
    init?(on device: (any MTLDevice)?) {
        guard let device, let queue = device.makeCommandQueue(),
            let pipeline = Self.pipeline(device), let depthTest = Self.depthTest(device)
        else { return nil }
        (self.device, self.queue, self.pipeline, self.depthTest) = (device, queue, pipeline, depthTest)
        super.init()
    }

    func show(_ cloud: PointCloud, from camera: CloudCamera) {
        self.camera = camera
        if cloud == self.cloud { return }
        self.cloud = cloud
        positions = buffer(cloud.positions)
        colours = buffer(cloud.colours)
    }

    func mtkView(_ view: MTKView, drawableSizeWillChange size: CGSize) {
        view.setNeedsDisplay()
    }

    func draw(in view: MTKView) {
        guard let cloud, let camera, let positions, let colours, cloud.count > 0,
            let pass = view.currentRenderPassDescriptor, let drawable = view.currentDrawable,
            let commands = queue.makeCommandBuffer(),
            let encoder = commands.makeRenderCommandEncoder(descriptor: pass)
        else { return }
        let uniforms = uniforms(camera, cloud.count, view.drawableSize)
        encoder.setRenderPipelineState(pipeline)
        encoder.setDepthStencilState(depthTest)
        encoder.setVertexBuffer(positions, offset: 0, index: 0)
        encoder.setVertexBuffer(colours, offset: 0, index: 1)
        encoder.setVertexBytes(uniforms, length: uniforms.count * MemoryLayout<Float>.stride, index: 2)
        encoder.drawPrimitives(type: .point, vertexStart: 0, vertexCount: cloud.count)
        encoder.endEncoding()
        commands.present(drawable)
        commands.commit()
    }

    /// CloudUniforms of Cloud.metal: matrix, size of a point in the first view, three floats of padding.
    private func uniforms(_ camera: CloudCamera, _ count: Int, _ drawable: CGSize) -> [Float] {
        let (width, height) = (Double(max(drawable.width, 1)), Double(max(drawable.height, 1)))
        let matrix = camera.orbit.matrix(
            focal: camera.focal, photoAspect: camera.photoAspect, viewAspect: width / height)
        let across = min(width, height * camera.photoAspect)
        let columns = (Double(count) * camera.photoAspect).squareRoot()
        return matrix + [Float(across / columns * Self.overlap), 0, 0, 0]
    }

    private func buffer<T>(_ values: [T]) -> (any MTLBuffer)? {
        values.isEmpty ? nil : device.makeBuffer(bytes: values, length: values.count * MemoryLayout<T>.stride)
    }

    private static func pipeline(_ device: any MTLDevice) -> (any MTLRenderPipelineState)? {
        guard let library = device.makeDefaultLibrary() else { return nil }
        let description = MTLRenderPipelineDescriptor()
        description.vertexFunction = library.makeFunction(name: "cloudVertex")
        description.fragmentFunction = library.makeFunction(name: "cloudFragment")
        description.colorAttachments[0].pixelFormat = colourFormat
        description.depthAttachmentPixelFormat = depthFormat
        return try? device.makeRenderPipelineState(descriptor: description)
    }

    private static func depthTest(_ device: any MTLDevice) -> (any MTLDepthStencilState)? {
        let description = MTLDepthStencilDescriptor()
        description.depthCompareFunction = .less
        description.isDepthWriteEnabled = true
        return device.makeDepthStencilState(descriptor: description)
    }
}
