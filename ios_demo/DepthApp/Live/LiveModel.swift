import DepthKit
import Foundation
import Observation
import UIKit

/// The live view: takes frames as fast as the network and the phone's heat allow.
@MainActor @Observable
final class LiveModel {
    private(set) var shown: Shown?
    private(set) var timings = Timings()
    private(set) var notice: String?
    private(set) var heatNotice: String?
    /// The user said no: the settings are where that is changed.
    private(set) var isRefused = false
    var mode = ShownMode.depth
    var side = Camera.Side.back
    private let camera = Camera()
    private var pacer = FramePacer()
    private var range: ColourRange?
    /// One run may begin before the last has ended.
    private var runs = 0 {
        didSet { UIApplication.shared.isIdleTimerDisabled = runs > 0 }
    }

    /// Share of the way that the colours follow each frame.
    private static let colourPace = 0.2

    /// Runs until the task is cancelled: the page is left, the app goes to the background, the model changes.
    func run(_ pipeline: DepthPipeline) async {
        do {
            try await Camera.askForPermission()
            let run = try await camera.start(side)
            (notice, isRefused, range, timings) = (nil, false, nil, Timings())
            runs += 1
            defer { runs -= 1 }
            await watch(run, pipeline)
            await camera.stop(run)
        } catch {
            tell(error)
        }
    }

    /// An ended task has nothing to tell: another page is shown, or another run.
    private func tell(_ error: any Error) {
        if Task.isCancelled { return }
        notice = error.localizedDescription
        isRefused = (error as? CameraRefusal) == .byUser
    }

    private func watch(_ run: Camera.Run, _ pipeline: DepthPipeline) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.show(run.frames, pipeline) }
            group.addTask { await self.listen(run) }
            await group.next()
            group.cancelAll()
        }
    }

    private func show(_ frames: AsyncStream<CameraFrame>, _ pipeline: DepthPipeline) async {
        do {
            for await frame in frames { try await show(frame, pipeline) }
        } catch {
            tell(error)
        }
    }

    private func show(_ frame: CameraFrame, _ pipeline: DepthPipeline) async throws {
        let heat = Heat.now
        heatNotice = heat.notice
        guard pacer.admits(frameAt: frame.seconds, heat: heat) else { return }
        let result = try await pipeline.run(frame)
        let drawn = try await Shown.draw(result, mode, following: range, by: Self.colourPace)
        try Task.checkCancellation()
        range = drawn.range
        shown = drawn
        let times = StageTimes(prepare: result.prepareMs, infer: result.inferMs, draw: drawn.drawMs)
        timings.add(times, at: frame.seconds)
    }

    private func listen(_ run: Camera.Run) async {
        for await event in run.events {
            switch event {
            case .interrupted(let why), .failed(let why): notice = why
            case .resumed: notice = nil
            case .reset: await camera.restart(run)
            }
        }
    }
}

extension Heat {
    static var now: Heat {
        switch ProcessInfo.processInfo.thermalState {
        case .nominal: .nominal
        case .fair: .fair
        case .serious: .serious
        case .critical: .critical
        @unknown default: .serious
        }
    }
}
