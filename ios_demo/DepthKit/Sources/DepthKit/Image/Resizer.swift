/// Resizing, row by row: nothing of the picture is kept but the few rows that the next one needs.
///
/// The height is resized first, then the width. Each product is rounded to Float, then added, tap after tap
/// (no fused multiply-add): the result is that of Python to the last bit.
struct Resizer {
    let from: Size
    let to: Size
    let channels: Int
    private let rows: Taps
    private let columns: Taps

    init(from: Size, to: Size, channels: Int) {
        (self.from, self.to, self.channels) = (from, to, channels)
        rows = Taps(from: from.height, to: to.height)
        columns = Taps(from: from.width, to: to.width)
    }

    /// `read` fills a row of from.width·channels values, `write` gets each row of to.width·channels.
    func run(
        read: (Int, UnsafeMutableBufferPointer<Float>) -> Void,
        write: (Int, UnsafeBufferPointer<Float>) -> Void
    ) {
        let length = from.width * channels
        var cache = RowCache(rows: rows.count, length: length)
        var column = [Float](repeating: 0, count: length)
        var out = [Float](repeating: 0, count: to.width * channels)
        column.withUnsafeMutableBufferPointer { column in
            out.withUnsafeMutableBufferPointer { out in
                for row in 0..<to.height {
                    mixRows(row, &cache, read, into: column)
                    mixColumns(UnsafeBufferPointer(column), into: out)
                    write(row, UnsafeBufferPointer(out))
                }
            }
        }
    }

    private func mixRows(
        _ row: Int, _ cache: inout RowCache, _ read: (Int, UnsafeMutableBufferPointer<Float>) -> Void,
        into sum: UnsafeMutableBufferPointer<Float>
    ) {
        for tap in 0..<rows.count {
            let at = row * rows.count + tap
            let weight = rows.weight[at]
            cache.withRow(rows.index[at], read) { source in
                if tap == 0 {
                    for i in 0..<sum.count { sum[i] = source[i] * weight }
                } else {
                    for i in 0..<sum.count { sum[i] += source[i] * weight }
                }
            }
        }
    }

    private func mixColumns(_ source: UnsafeBufferPointer<Float>, into out: UnsafeMutableBufferPointer<Float>)
    {
        let (count, channels) = (columns.count, channels)
        columns.index.withUnsafeBufferPointer { index in
            columns.weight.withUnsafeBufferPointer { weight in
                for column in 0..<to.width {
                    for channel in 0..<channels {
                        let first = column * count
                        var sum = source[index[first] * channels + channel] * weight[first]
                        for at in (first + 1)..<(first + count) {
                            sum += source[index[at] * channels + channel] * weight[at]
                        }
                        out[column * channels + channel] = sum
                    }
                }
            }
        }
    }
}

/// The last rows that were read: neighbours in the new picture share them.
private struct RowCache {
    private var held: [Int]
    private var values: [Float]
    private let length: Int

    init(rows: Int, length: Int) {
        held = [Int](repeating: -1, count: rows)
        values = [Float](repeating: 0, count: rows * length)
        self.length = length
    }

    mutating func withRow(
        _ row: Int, _ read: (Int, UnsafeMutableBufferPointer<Float>) -> Void,
        use: (UnsafeBufferPointer<Float>) -> Void
    ) {
        let slot = row % held.count
        let isHeld = held[slot] == row
        held[slot] = row
        values.withUnsafeMutableBufferPointer { all in
            let part = UnsafeMutableBufferPointer(rebasing: all[(slot * length)..<((slot + 1) * length)])
            if !isHeld { read(row, part) }
            use(UnsafeBufferPointer(part))
        }
    }
}
