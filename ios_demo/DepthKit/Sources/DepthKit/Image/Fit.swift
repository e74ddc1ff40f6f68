/// A colour, 0…255 each.
public struct RGB: Sendable, Equatable {
    public let red: UInt8
    public let green: UInt8
    public let blue: UInt8

    public init(_ red: UInt8, _ green: UInt8, _ blue: UInt8) {
        (self.red, self.green, self.blue) = (red, green, blue)
    }
}

/// How a photo gets into the network. pad: the colour of what a letterboxed photo leaves free.
public struct Fit: Sendable, Equatable {
    public enum Mode: String, Sendable {
        case stretch, letterbox
    }

    public let mode: Mode
    public let pad: RGB

    public init(mode: Mode, pad: RGB) {
        (self.mode, self.pad) = (mode, pad)
    }

    /// The photo's place in a network input of `size`: all of it, or with its own shape in the middle.
    /// Throws DepthError for an empty side.
    public func placement(of photo: Size, in size: Size) throws -> Box {
        guard min(photo.height, photo.width, size.height, size.width) >= 1 else {
            throw DepthError("a \(photo) photo does not fit into \(size)")
        }
        if mode == .stretch { return Box(top: 0, left: 0, size: size) }
        let scale = min(Double(size.height) / Double(photo.height), Double(size.width) / Double(photo.width))
        let height = min(size.height, max(1, Int(Double(photo.height) * scale + 0.5)))
        let width = min(size.width, max(1, Int(Double(photo.width) * scale + 0.5)))
        let (top, left) = ((size.height - height) / 2, (size.width - width) / 2)
        return Box(top: top, left: left, size: Size(height: height, width: width))
    }
}

/// Height × width, pixels.
public struct Size: Sendable, Equatable, CustomStringConvertible {
    public let height: Int
    public let width: Int
    public var description: String { "\(height)×\(width)" }
    public var area: Int { height * width }

    public init(height: Int, width: Int) {
        (self.height, self.width) = (height, width)
    }
}

/// Where the photo lies in the network's input, px.
public struct Box: Sendable, Equatable {
    public let top: Int
    public let left: Int
    public let size: Size

    public init(top: Int, left: Int, size: Size) {
        (self.top, self.left, self.size) = (top, left, size)
    }

    public init(all size: Size) {
        self.init(top: 0, left: 0, size: size)
    }

    /// The part of an array of `size`, `channels` values a pixel, that lies in the box.
    func cut<T>(_ values: [T], of size: Size, channels: Int = 1) -> [T] {
        if self == Box(all: size) { return values }
        return (top..<(top + self.size.height)).flatMap { row in
            let start = (row * size.width + left) * channels
            return values[start..<(start + self.size.width * channels)]
        }
    }

    func lies(in size: Size) -> Bool {
        min(top, left) >= 0 && min(self.size.height, self.size.width) >= 1
            && top + self.size.height <= size.height && left + self.size.width <= size.width
    }
}
