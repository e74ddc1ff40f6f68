/// The source pixels that each new pixel of one axis is made of, and their weights: `count` a new pixel.
///
/// Pixel i of n has its centre at (i + ½)/n of the side, so output i of n′ looks at x = (i + ½)·n/n′ − ½.
/// Positions and weights are computed in Double, then weights are rounded to Float.
struct Taps: Equatable {
    let count: Int
    let index: [Int]
    let weight: [Float]

    /// Beyond this factor bilinear sampling would skip pixels.
    static let bilinearUpTo = 2

    /// Bilinear up to a factor of 2, area beyond; a side that stays is left alone.
    init(from old: Int, to new: Int) {
        if old == new {
            self.init(count: 1, index: Array(0..<old), weight: [Float](repeating: 1, count: old))
        } else if old <= Self.bilinearUpTo * new {
            self.init(bilinearFrom: old, to: new)
        } else {
            self.init(areaFrom: old, to: new)
        }
    }

    private init(count: Int, index: [Int], weight: [Float]) {
        (self.count, self.index, self.weight) = (count, index, weight)
    }

    private init(bilinearFrom old: Int, to new: Int) {
        let scale = Double(old) / Double(new)
        var (index, weight): ([Int], [Float]) = ([], [])
        for i in 0..<new {
            let x = min(max((Double(i) + 0.5) * scale - 0.5, 0), Double(old - 1))
            let low = Int(x)
            let share = x - Double(low)
            index += [low, min(low + 1, old - 1)]
            weight += [Float(1 - share), Float(share)]
        }
        self.init(count: 2, index: index, weight: weight)
    }

    /// The share of output i's footprint [i, i+1)·old/new in each pixel.
    private init(areaFrom old: Int, to new: Int) {
        let scale = Double(old) / Double(new)
        let count = Int(scale.rounded(.up)) + 1
        var (index, weight): ([Int], [Float]) = ([], [])
        for i in 0..<new {
            let (start, end) = (Double(i) * scale, Double(i + 1) * scale)
            for pixel in Int(start + 1e-9)..<(Int(start + 1e-9) + count) {
                let overlap = min(end, Double(pixel + 1)) - max(start, Double(pixel))
                index.append(min(pixel, old - 1))
                weight.append(Float(max(overlap, 0) / scale))
            }
        }
        self.init(count: count, index: index, weight: weight)
    }
}
