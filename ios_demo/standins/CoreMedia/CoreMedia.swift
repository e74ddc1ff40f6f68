// Core Media, as far as the app uses it.
@_exported import CoreVideo

public final class CMSampleBuffer {}
public struct CMTime: Sendable {}
public typealias CMAttachmentMode = UInt32

public let kCMSampleBufferAttachmentKey_CameraIntrinsicMatrix: CFString = ""

public func CMSampleBufferGetImageBuffer(_ sample: CMSampleBuffer) -> CVImageBuffer? { nil }
public func CMSampleBufferGetPresentationTimeStamp(_ sample: CMSampleBuffer) -> CMTime { CMTime() }
public func CMTimeGetSeconds(_ time: CMTime) -> Double { 0 }
public func CMGetAttachment(
    _ target: AnyObject, key: CFString, attachmentModeOut: UnsafeMutablePointer<CMAttachmentMode>?
) -> AnyObject? { nil }
