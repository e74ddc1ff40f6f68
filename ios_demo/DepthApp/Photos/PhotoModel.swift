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
    private var photo: (item: PhotosPickerItem, content: Photo)?
    private var result: (item: PhotosPickerItem, pipeline: DepthPipeline, depth: DepthResult)?

    /// From the photo to the screen; what is known from the last time is not done again. A task that was
    /// cancelled, because another photo, model or view was chosen meanwhile, changes nothing.
    func show(_ item: PhotosPickerItem, _ pipeline: DepthPipeline, _ mode: ShownMode) async {
        do {
            let depth = try await depth(item, pipeline)
            let drawn = try await Shown.draw(depth, mode)
            try Task.checkCancellation()
            (shown, notice, timings) = (drawn, nil, Timings())
            let times = StageTimes(prepare: depth.prepareMs, infer: depth.inferMs, draw: drawn.drawMs)
            timings.add(times, at: 0)
        } catch {
            if !Task.isCancelled { notice = error.localizedDescription }
        }
    }

    private func depth(_ item: PhotosPickerItem, _ pipeline: DepthPipeline) async throws -> DepthResult {
        if let result, result.item == item, result.pipeline === pipeline { return result.depth }
        let photo = try await photo(item)
        let depth = try await pipeline.run(photo.picture, film35mm: photo.film35mm)
        try Task.checkCancellation()
        result = (item, pipeline, depth)
        return depth
    }

    private func photo(_ item: PhotosPickerItem) async throws -> Photo {
        if let photo, photo.item == item { return photo.content }
        guard let data = try await item.loadTransferable(type: Data.self) else {
            throw DepthError("this photo cannot be read")
        }
        let content = try await Self.decoded(data)
        try Task.checkCancellation()
        photo = (item, content)
        return content
    }

    private nonisolated static func decoded(_ data: Data) async throws -> Photo {
        try Photo(data)
    }
}
