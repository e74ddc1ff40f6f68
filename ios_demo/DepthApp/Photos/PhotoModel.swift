import DepthKit
import Foundation
import Observation
import PhotosUI
import SwiftUI

/// A photo of the library through the network.
@MainActor @Observable
final class PhotoModel {
    private(set) var shown: Shown?
    private(set) var timings = Timings()
    private(set) var notice: String?
    private var photo: Photo?
    private var result: DepthResult?

    func read(_ item: PhotosPickerItem, _ pipeline: DepthPipeline?, _ mode: ShownMode) async {
        do {
            guard let data = try await item.loadTransferable(type: Data.self) else {
                throw DepthError("this photo cannot be read")
            }
            photo = try await Self.decoded(data)
            await run(pipeline, mode)
        } catch {
            notice = error.localizedDescription
        }
    }

    /// The photo once more, through another model or with none to the network that is still loading.
    func run(_ pipeline: DepthPipeline?, _ mode: ShownMode) async {
        guard let pipeline, let photo else { return }
        do {
            result = try await pipeline.run(photo.picture, film35mm: photo.film35mm)
            timings = Timings()
            await draw(mode)
        } catch {
            notice = error.localizedDescription
        }
    }

    func draw(_ mode: ShownMode) async {
        guard let result else { return }
        do {
            let drawn = try await Shown.draw(result, mode)
            shown = drawn
            notice = nil
            let times = StageTimes(prepare: result.prepareMs, infer: result.inferMs, draw: drawn.drawMs)
            timings.add(times, at: 0)
        } catch {
            notice = error.localizedDescription
        }
    }

    private nonisolated static func decoded(_ data: Data) async throws -> Photo {
        try Photo(data)
    }
}
