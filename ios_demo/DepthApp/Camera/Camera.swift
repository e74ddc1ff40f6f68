import AVFoundation
import DepthKit
import Foundation

/// Why there is no camera.
enum CameraRefusal: LocalizedError {
    case byUser
    /// Screen time or a company's rules.
    case byPhone

    var errorDescription: String? {
        switch self {
        case .byUser: "The camera is not allowed: this app's settings change that. Photos work without it."
        case .byPhone: "This phone does not allow the camera. Photos work without it."
        }
    }
}

/// The camera, from permission to frames.
///
/// An actor, because AVCaptureSession must be set up and started away from the main thread.
actor Camera {
    enum Side: String, CaseIterable, Sendable {
        case back, front
    }

    /// One time that the camera is on. The streams end with the task that reads them.
    struct Run: Sendable {
        let number: Int
        /// The newest alone is kept: what the network is too slow for is dropped.
        let frames: AsyncStream<CameraFrame>
        let events: AsyncStream<CameraEvent>
    }

    private let output = FrameOutput()
    private let watch = CameraWatch()
    private let session = AVCaptureSession()
    private let queue = DispatchQueue(label: "camera frames", qos: .userInitiated)
    private var side: Side?
    private var runs = 0

    /// Asks the user, the first time. Throws CameraRefusal where the answer is or was no.
    static func askForPermission() async throws {
        switch AVCaptureDevice.authorizationStatus(for: .video) {
        case .authorized: return
        case .notDetermined:
            if await AVCaptureDevice.requestAccess(for: .video) { return }
            throw CameraRefusal.byUser
        case .restricted: throw CameraRefusal.byPhone
        default: throw CameraRefusal.byUser
        }
    }

    /// Throws CancellationError for a task that came too late: a later one may have begun already.
    func start(_ side: Side) throws -> Run {
        try Task.checkCancellation()
        if self.side != side { try configure(side) }
        runs += 1
        let (frames, frameFeed) = AsyncStream.makeStream(
            of: CameraFrame.self, bufferingPolicy: .bufferingNewest(1))
        let (events, eventFeed) = AsyncStream.makeStream(of: CameraEvent.self)
        output.send(to: frameFeed)
        watch.begin(session, feed: eventFeed)
        if !session.isRunning { session.startRunning() }
        return Run(number: runs, frames: frames, events: events)
    }

    /// After a fault of the system's media services, which end every session.
    func restart(_ run: Run) {
        guard run.number == runs, !session.isRunning else { return }
        session.startRunning()
    }

    /// Nothing, where a later run has begun: pages may overlap when one follows the other.
    func stop(_ run: Run) {
        guard run.number == runs else { return }
        watch.end()
        session.stopRunning()  // also while it is interrupted: else it would come back by itself
    }

    private func configure(_ side: Side) throws {
        let position: AVCaptureDevice.Position = side == .back ? .back : .front
        guard let device = AVCaptureDevice.default(.builtInWideAngleCamera, for: .video, position: position)
        else {
            throw DepthError("This phone has no \(side.rawValue) camera.")
        }
        self.side = nil  // until all of it went well
        session.beginConfiguration()
        defer { session.commitConfiguration() }
        for input in session.inputs { session.removeInput(input) }
        for output in session.outputs { session.removeOutput(output) }
        let input = try AVCaptureDeviceInput(device: device)
        let video = videoOutput()
        guard session.canAddInput(input), session.canAddOutput(video) else {
            throw DepthError("The \(side.rawValue) camera is in use elsewhere.")
        }
        // The smallest that all cameras have: more than the network sees, and the whole sensor (4:3).
        if session.canSetSessionPreset(.vga640x480) { session.sessionPreset = .vga640x480 }
        session.addInput(input)
        session.addOutput(video)
        if let connection = video.connection(with: .video),
            connection.isCameraIntrinsicMatrixDeliverySupported
        {
            connection.isCameraIntrinsicMatrixDeliveryEnabled = true
        }
        output.follow(device, mirrored: side == .front)
        self.side = side
    }

    private func videoOutput() -> AVCaptureVideoDataOutput {
        let video = AVCaptureVideoDataOutput()
        video.alwaysDiscardsLateVideoFrames = true
        video.videoSettings = [kCVPixelBufferPixelFormatTypeKey as String: Int(kCVPixelFormatType_32BGRA)]
        video.setSampleBufferDelegate(output, queue: queue)
        return video
    }
}
