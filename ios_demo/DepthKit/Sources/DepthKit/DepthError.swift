import Foundation

/// What went wrong, in one line for the user: what was found, what is allowed, what to do.
public struct DepthError: LocalizedError, Equatable, CustomStringConvertible {
    public let description: String
    public var errorDescription: String? { description }

    public init(_ description: String) {
        self.description = description
    }
}
