// Core Video, as far as DepthKit uses it, with pixel buffers in plain memory: so that the code that reads and
// writes them can run. Rows are padded, and memory is given to those alone who have locked the buffer.
@_exported import CoreGraphics

public typealias CVReturn = Int32
public typealias OSType = UInt32
public typealias CVOptionFlags = UInt64

public class CVBuffer {
    struct Plane {
        let memory: UnsafeMutableRawBufferPointer
        let bytesPerRow: Int
        let height: Int
    }

    let format: OSType
    let height: Int
    let width: Int
    var planes: [Plane]
    public internal(set) var locks = 0
    public var attachments: [CFString: AnyObject] = [:]

    /// planes: bytes of a row and rows of each.
    public init(format: OSType, height: Int, width: Int, planes: [(bytesPerRow: Int, height: Int)]) {
        (self.format, self.height, self.width) = (format, height, width)
        self.planes = planes.map { plane in
            let memory = UnsafeMutableRawBufferPointer.allocate(
                byteCount: plane.bytesPerRow * plane.height, alignment: 64)
            return Plane(memory: memory, bytesPerRow: plane.bytesPerRow, height: plane.height)
        }
    }

    /// For tests: fills a plane.
    public func fill(_ plane: Int, with bytes: [UInt8]) {
        planes[plane].memory.copyBytes(from: bytes)
    }

    func memory(_ plane: Int) -> UnsafeMutableRawPointer? {
        locks > 0 && plane < planes.count ? planes[plane].memory.baseAddress : nil
    }

    deinit {
        for plane in planes { plane.memory.deallocate() }
    }
}

public typealias CVImageBuffer = CVBuffer
public typealias CVPixelBuffer = CVImageBuffer

public class CVPixelBufferPool {
    let attributes: CFDictionary
    init(_ attributes: CFDictionary) { self.attributes = attributes }
}

public struct CVPixelBufferLockFlags: OptionSet, Sendable {
    public let rawValue: CVOptionFlags
    public init(rawValue: CVOptionFlags) { self.rawValue = rawValue }
    public static let readOnly = CVPixelBufferLockFlags(rawValue: 1)
}

public enum CVAttachmentMode: UInt32, Sendable {
    case shouldNotPropagate, shouldPropagate
}

public let kCVReturnSuccess: CVReturn = 0
public let kCVReturnError: CVReturn = -6660
public let kCVPixelFormatType_32BGRA: OSType = 0x4247_5241
public let kCVPixelFormatType_OneComponent8: OSType = 0x4C30_3038
public let kCVPixelFormatType_420YpCbCr8BiPlanarFullRange: OSType = 0x3432_3066
public let kCVPixelBufferPixelFormatTypeKey: CFString = "PixelFormatType"
public let kCVPixelBufferHeightKey: CFString = "Height"
public let kCVPixelBufferWidthKey: CFString = "Width"
public let kCVPixelBufferIOSurfacePropertiesKey: CFString = "IOSurfaceProperties"
public let kCVImageBufferYCbCrMatrixKey: CFString = "CVImageBufferYCbCrMatrix"
public let kCVImageBufferYCbCrMatrix_ITU_R_709_2: CFString = "ITU_R_709_2"

@discardableResult
public func CVPixelBufferLockBaseAddress(_ b: CVPixelBuffer, _ flags: CVPixelBufferLockFlags) -> CVReturn {
    b.locks += 1
    return kCVReturnSuccess
}

@discardableResult
public func CVPixelBufferUnlockBaseAddress(_ b: CVPixelBuffer, _ flags: CVPixelBufferLockFlags) -> CVReturn {
    b.locks -= 1
    return b.locks < 0 ? kCVReturnError : kCVReturnSuccess
}

public func CVPixelBufferGetPixelFormatType(_ buffer: CVPixelBuffer) -> OSType { buffer.format }
public func CVPixelBufferGetHeight(_ buffer: CVPixelBuffer) -> Int { buffer.height }
public func CVPixelBufferGetWidth(_ buffer: CVPixelBuffer) -> Int { buffer.width }
public func CVPixelBufferGetBaseAddress(_ b: CVPixelBuffer) -> UnsafeMutableRawPointer? { b.memory(0) }
public func CVPixelBufferGetBytesPerRow(_ buffer: CVPixelBuffer) -> Int { buffer.planes[0].bytesPerRow }
public func CVPixelBufferGetPlaneCount(_ buffer: CVPixelBuffer) -> Int {
    buffer.planes.count > 1 ? buffer.planes.count : 0
}
public func CVPixelBufferGetBaseAddressOfPlane(
    _ buffer: CVPixelBuffer, _ plane: Int
) -> UnsafeMutableRawPointer? { buffer.memory(plane) }
public func CVPixelBufferGetBytesPerRowOfPlane(_ buffer: CVPixelBuffer, _ plane: Int) -> Int {
    buffer.planes[plane].bytesPerRow
}
public func CVPixelBufferGetHeightOfPlane(_ buffer: CVPixelBuffer, _ plane: Int) -> Int {
    buffer.planes[plane].height
}
public func CVBufferCopyAttachment(
    _ buffer: CVBuffer, _ key: CFString, _ mode: UnsafeMutablePointer<CVAttachmentMode>?
) -> AnyObject? { buffer.attachments[key] }

public func CVPixelBufferPoolCreate(
    _ allocator: CFAllocator?, _ poolAttributes: CFDictionary?, _ pixelBufferAttributes: CFDictionary?,
    _ out: UnsafeMutablePointer<CVPixelBufferPool?>
) -> CVReturn {
    out.pointee = CVPixelBufferPool(pixelBufferAttributes ?? [:])
    return kCVReturnSuccess
}

public func CVPixelBufferPoolCreatePixelBuffer(
    _ allocator: CFAllocator?, _ pool: CVPixelBufferPool, _ out: UnsafeMutablePointer<CVPixelBuffer?>
) -> CVReturn {
    guard let height = pool.attributes[kCVPixelBufferHeightKey] as? Int,
        let width = pool.attributes[kCVPixelBufferWidthKey] as? Int,
        let format = pool.attributes[kCVPixelBufferPixelFormatTypeKey] as? Int
    else { return kCVReturnError }
    let bytesPerRow = width * 4 + 64
    out.pointee = CVBuffer(
        format: OSType(format), height: height, width: width, planes: [(bytesPerRow, height)])
    return kCVReturnSuccess
}
