// PhotosUI, as far as the app uses it.
import SwiftUI

public struct PHPickerFilter: Sendable {
    public static let images = PHPickerFilter()
}

public struct PhotosPickerItem: Hashable, Sendable {
    public func loadTransferable<T: Sendable>(type: T.Type) async throws -> T? { nil }
}

public struct PhotosPicker<Title: View>: View {
    public nonisolated init(
        selection: Binding<PhotosPickerItem?>, matching filter: PHPickerFilter? = nil,
        @ViewBuilder label: () -> Title
    ) {}
    public var body: Never { fatalError() }
}
