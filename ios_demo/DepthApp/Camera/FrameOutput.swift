import AVFoundation
import DepthKit
import Foundation

/// Takes the camera's frames and says how each is to be turned. Nothing is copied: the buffer goes on as it is.
///
/// Sendable: what changes is behind a lock, and is written when the phone is turned.
final class FrameOutput: NSObject, AVCaptureVideoDataOutputSampleBufferDelegate, @unchecked Sendable {
    private let lock = NSLock()
    private var feed: AsyncStream<CameraFrame>.Continuation?
    private var turn = Turn.asStored
    private var following: (AVCaptureDevice.RotationCoordinator, NSKeyValueObservation)?

    func send(to feed: AsyncStream<CameraFrame>.Continuation) {
        lock.withLock { self.feed = feed }
    }

    /// Keeps frames upright, however the phone is held. A front camera is shown as a mirror.
    func follow(_ device: AVCaptureDevice, mirrored: Bool) {
        let coordinator = AVCaptureDevice.RotationCoordinator(device: device, previewLayer: nil)
        let observation = coordinator.observe(
            \.videoRotationAngleForHorizonLevelCapture, options: [.initial, .new]
        ) { [weak self] coordinator, _ in
            let degrees = Double(coordinator.videoRotationAngleForHorizonLevelCapture)
            if let turn = Turn(degrees: degrees, mirrored: mirrored) { self?.set(turn) }
        }
        lock.withLock { following = (coordinator, observation) }
    }

    private func set(_ turn: Turn) {
        lock.withLock { self.turn = turn }
    }

    func captureOutput(
        _ output: AVCaptureOutput, didOutput sample: CMSampleBuffer, from connection: AVCaptureConnection
    ) {
        guard let buffer = CMSampleBufferGetImageBuffer(sample) else { return }
        let (turn, feed) = lock.withLock { (self.turn, self.feed) }
        let seconds = CMTimeGetSeconds(CMSampleBufferGetPresentationTimeStamp(sample))
        feed?.yield(CameraFrame(buffer, turn: turn, focalPixels: focalPixels(sample), seconds: seconds))
    }

    private func focalPixels(_ sample: CMSampleBuffer) -> Double? {
        let key = kCMSampleBufferAttachmentKey_CameraIntrinsicMatrix
        guard let matrix = CMGetAttachment(sample, key: key, attachmentModeOut: nil) as? Data else {
            return nil
        }
        return (try? Focal(intrinsicMatrix: matrix))?.pixels
    }
}
