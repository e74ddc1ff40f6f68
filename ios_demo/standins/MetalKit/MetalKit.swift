// MetalKit, as far as the app uses it.
@_exported import Metal
@_exported import UIKit

public protocol MTKViewDelegate: NSObjectProtocol {
    func mtkView(_ view: MTKView, drawableSizeWillChange size: CGSize)
    func draw(in view: MTKView)
}

public protocol CAMetalDrawable: MTLDrawable {}

@MainActor open class MTKView: UIView {
    open var device: (any MTLDevice)?
    open weak var delegate: (any MTKViewDelegate)?
    open var colorPixelFormat = MTLPixelFormat.invalid
    open var depthStencilPixelFormat = MTLPixelFormat.invalid
    open var clearColor = MTLClearColor(red: 0, green: 0, blue: 0, alpha: 1)
    open var isPaused = false
    open var enableSetNeedsDisplay = false
    open var drawableSize = CGSize.zero
    open var currentRenderPassDescriptor: MTLRenderPassDescriptor? { nil }
    open var currentDrawable: (any CAMetalDrawable)? { nil }
    override public nonisolated init() { super.init() }
}
