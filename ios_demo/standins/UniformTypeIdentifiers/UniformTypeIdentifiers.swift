// Uniform Type Identifiers, as far as the app uses them.
@_exported import Foundation

public struct UTType: Sendable, Hashable {
    public init(importedAs identifier: String, conformingTo parent: UTType? = nil) {}
}
