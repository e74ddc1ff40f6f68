import AVFoundation
import Foundation

/// What happens to a running camera.
enum CameraEvent: Sendable, Equatable {
    case interrupted(String)
    case resumed
    /// The session has ended, and may be started anew.
    case reset
    case failed(String)
}

/// Listens to what the system does with the camera: calls, other apps, heat, faults.
///
/// Sendable: the list of observers is behind a lock.
final class CameraWatch: @unchecked Sendable {
    private let lock = NSLock()
    private var observers: [any NSObjectProtocol] = []

    func begin(_ session: AVCaptureSession, feed: AsyncStream<CameraEvent>.Continuation) {
        end()
        func observe(
            _ name: Notification.Name, _ event: @escaping @Sendable (Notification) -> CameraEvent
        ) -> any NSObjectProtocol {
            NotificationCenter.default.addObserver(forName: name, object: session, queue: nil) { note in
                feed.yield(event(note))
            }
        }
        let begun = [
            observe(AVCaptureSession.wasInterruptedNotification) { .interrupted(Self.reason($0)) },
            observe(AVCaptureSession.interruptionEndedNotification) { _ in .resumed },
            observe(AVCaptureSession.runtimeErrorNotification) { Self.fault($0) },
        ]
        lock.withLock { observers = begun }
    }

    func end() {
        let ended = lock.withLock {
            defer { observers = [] }
            return observers
        }
        ended.forEach(NotificationCenter.default.removeObserver)
    }

    private static func reason(_ note: Notification) -> String {
        let number = note.userInfo?[AVCaptureSessionInterruptionReasonKey] as? Int
        switch number.flatMap(AVCaptureSession.InterruptionReason.init(rawValue:)) {
        case .videoDeviceInUseByAnotherClient, .audioDeviceInUseByAnotherClient:
            return "Another app or a call has the camera. It comes back by itself."
        case .videoDeviceNotAvailableWithMultipleForegroundApps:
            return "The camera needs the whole screen."
        case .videoDeviceNotAvailableDueToSystemPressure:
            return "The phone is too hot for the camera. It comes back when it has cooled down."
        default: return "The camera pauses."
        }
    }

    private static func fault(_ note: Notification) -> CameraEvent {
        let error = note.userInfo?[AVCaptureSessionErrorKey] as? any Error
        if let fault = error as? AVError, fault.code == .mediaServicesWereReset { return .reset }
        return .failed("The camera stopped: \(error?.localizedDescription ?? "the system does not say why").")
    }
}
