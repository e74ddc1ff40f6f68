/// How stored pixels become an upright picture: turned clockwise, then, if mirrored, left and right swapped.
public struct Turn: Sendable, Equatable {
    public enum Clockwise: Int, Sendable, CaseIterable {
        case zero = 0
        case quarter = 90
        case half = 180
        case threeQuarters = 270
    }

    public let clockwise: Clockwise
    public let mirrored: Bool

    public static let asStored = Turn(.zero)

    public init(_ clockwise: Clockwise, mirrored: Bool = false) {
        (self.clockwise, self.mirrored) = (clockwise, mirrored)
    }

    /// For the angles that a camera reports; nil where it is not close to a quarter.
    public init?(degrees: Double, mirrored: Bool = false) {
        let quarters = (degrees / 90).rounded()
        guard degrees.isFinite, abs(degrees - quarters * 90) < 1 else { return nil }
        let turned = ((Int(quarters) % 4) + 4) % 4 * 90
        guard let clockwise = Clockwise(rawValue: turned) else { return nil }
        self.init(clockwise, mirrored: mirrored)
    }

    /// For the eight values of EXIF's orientation tag; nil for any other.
    public init?(exif: Int) {
        guard (1...8).contains(exif) else { return nil }
        self = Self.exif[exif - 1]
    }

    private static let exif: [Turn] = [
        Turn(.zero), Turn(.zero, mirrored: true), Turn(.half), Turn(.half, mirrored: true),
        Turn(.quarter, mirrored: true), Turn(.quarter), Turn(.threeQuarters, mirrored: true),
        Turn(.threeQuarters),
    ]

    /// The size of the upright picture.
    public func upright(_ stored: Size) -> Size {
        let isTurned = clockwise == .quarter || clockwise == .threeQuarters
        return isTurned ? Size(height: stored.width, width: stored.height) : stored
    }
}

/// The way through stored pixels that reads an upright picture row by row.
struct Walk: Equatable {
    /// Upright (r, c) lies at stored (start + r·perRow + c·perColumn), for rows and for columns.
    struct Axis: Equatable {
        let start: Int
        let perRow: Int
        let perColumn: Int

        func at(_ row: Int, _ column: Int) -> Int { start + row * perRow + column * perColumn }
    }

    let row: Axis
    let column: Axis

    init(_ turn: Turn, stored: Size) {
        let (lastRow, lastColumn) = (stored.height - 1, stored.width - 1)
        let flat: (row: Axis, column: Axis) =
            switch turn.clockwise {
            case .zero: (Axis(start: 0, perRow: 1, perColumn: 0), Axis(start: 0, perRow: 0, perColumn: 1))
            case .quarter:
                (Axis(start: lastRow, perRow: 0, perColumn: -1), Axis(start: 0, perRow: 1, perColumn: 0))
            case .half:
                (
                    Axis(start: lastRow, perRow: -1, perColumn: 0),
                    Axis(start: lastColumn, perRow: 0, perColumn: -1)
                )
            case .threeQuarters:
                (Axis(start: 0, perRow: 0, perColumn: 1), Axis(start: lastColumn, perRow: -1, perColumn: 0))
            }
        let last = turn.upright(stored).width - 1
        row = turn.mirrored ? flat.row.mirrored(last: last) : flat.row
        column = turn.mirrored ? flat.column.mirrored(last: last) : flat.column
    }
}

extension Walk.Axis {
    /// The same with column c replaced by last − c.
    fileprivate func mirrored(last: Int) -> Self {
        Self(start: start + last * perColumn, perRow: perRow, perColumn: -perColumn)
    }
}
