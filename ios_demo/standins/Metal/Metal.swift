// Metal, as far as the app uses it.
@_exported import CoreGraphics

public enum MTLPixelFormat: UInt, Sendable {
    case invalid, bgra8Unorm_srgb, depth32Float
}

public struct MTLClearColor: Sendable {
    public init(red: Double, green: Double, blue: Double, alpha: Double) {}
}

public enum MTLPrimitiveType: UInt, Sendable { case point }
public enum MTLCompareFunction: UInt, Sendable { case less }
public struct MTLResourceOptions: OptionSet, Sendable {
    public let rawValue: UInt
    public init(rawValue: UInt) { self.rawValue = rawValue }
}

public protocol MTLDrawable: NSObjectProtocol {}
public protocol MTLBuffer: NSObjectProtocol {}
public protocol MTLFunction: NSObjectProtocol {}
public protocol MTLRenderPipelineState: NSObjectProtocol, Sendable {}
public protocol MTLDepthStencilState: NSObjectProtocol, Sendable {}

public protocol MTLLibrary: NSObjectProtocol {
    func makeFunction(name: String) -> (any MTLFunction)?
}

public protocol MTLDevice: NSObjectProtocol, Sendable {
    func makeCommandQueue() -> (any MTLCommandQueue)?
    func makeDefaultLibrary() -> (any MTLLibrary)?
    func makeRenderPipelineState(descriptor: MTLRenderPipelineDescriptor) throws -> any MTLRenderPipelineState
    func makeDepthStencilState(descriptor: MTLDepthStencilDescriptor) -> (any MTLDepthStencilState)?
    func makeBuffer(bytes: UnsafeRawPointer, length: Int, options: MTLResourceOptions) -> (any MTLBuffer)?
}

extension MTLDevice {
    public func makeBuffer(bytes: UnsafeRawPointer, length: Int) -> (any MTLBuffer)? {
        makeBuffer(bytes: bytes, length: length, options: [])
    }
}

public protocol MTLCommandQueue: NSObjectProtocol, Sendable {
    func makeCommandBuffer() -> (any MTLCommandBuffer)?
}

public protocol MTLCommandBuffer: NSObjectProtocol {
    func makeRenderCommandEncoder(descriptor: MTLRenderPassDescriptor) -> (any MTLRenderCommandEncoder)?
    func present(_ drawable: any MTLDrawable)
    func commit()
}

public protocol MTLRenderCommandEncoder: NSObjectProtocol {
    func setRenderPipelineState(_ state: any MTLRenderPipelineState)
    func setDepthStencilState(_ state: (any MTLDepthStencilState)?)
    func setVertexBuffer(_ buffer: (any MTLBuffer)?, offset: Int, index: Int)
    func setVertexBytes(_ bytes: UnsafeRawPointer, length: Int, index: Int)
    func drawPrimitives(type: MTLPrimitiveType, vertexStart: Int, vertexCount: Int)
    func endEncoding()
}

open class MTLRenderPassDescriptor: NSObject {}

open class MTLRenderPipelineColorAttachmentDescriptor: NSObject {
    open var pixelFormat: MTLPixelFormat {
        get { .invalid }
        set {}
    }
}

open class MTLRenderPipelineColorAttachmentDescriptorArray: NSObject {
    open subscript(index: Int) -> MTLRenderPipelineColorAttachmentDescriptor! {
        get { nil }
        set {}
    }
}

open class MTLRenderPipelineDescriptor: NSObject {
    open var vertexFunction: (any MTLFunction)?
    open var fragmentFunction: (any MTLFunction)?
    open var colorAttachments: MTLRenderPipelineColorAttachmentDescriptorArray! { nil }
    open var depthAttachmentPixelFormat = MTLPixelFormat.invalid
}

open class MTLDepthStencilDescriptor: NSObject {
    open var depthCompareFunction = MTLCompareFunction.less
    open var isDepthWriteEnabled = false
}

public func MTLCreateSystemDefaultDevice() -> (any MTLDevice)? { nil }
