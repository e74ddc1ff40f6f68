import Foundation

/// Points in camera axes (x right, y down, z forward) with colours: three values a point each.
public struct PointCloud: Sendable, Equatable {
    public let positions: [Float]
    public let colours: [UInt8]
    public var count: Int { positions.count / 3 }

    /// The point of every pixel of the map in `box`, row by row, z with median 1.
    ///
    /// z = exp(m − output), m the output of the pixel of median depth (of an even number the nearer one);
    /// x = (X − (Wₚ−1)/2)·z/f and y likewise, with X = (u + ½)·Wₚ/W − ½ the place in the photo of column u.
    /// picture: the network's. box: the part that is not padding. photo: the size that `focal` belongs to.
    /// Computed in Double, rounded to Float at the end.
    public init(_ map: LogDisparity, picture: Picture, box: Box? = nil, photo: Size? = nil, focal: Focal)
        throws
    {
        let box = box ?? Box(all: map.size)
        guard picture.size == map.size, box.lies(in: map.size) else {
            throw DepthError("a map of \(map.size) takes its colours from a picture of that size")
        }
        let output = box.cut(map.values, of: map.size)
        let camera = Pinhole(box: box.size, photo: photo ?? box.size, focal: focal.pixels)
        var sorted = output
        let median = Double(OrderStatistics.value(at: output.count / 2, in: &sorted))
        positions = camera.points(output, median: median)
        colours = box.cut(picture.rgb, of: map.size, channels: 3)
    }

    public init(positions: [Float], colours: [UInt8]) throws {
        guard positions.count == colours.count, positions.count % 3 == 0 else {
            throw DepthError("\(positions.count) coordinates need as many colours, not \(colours.count)")
        }
        (self.positions, self.colours) = (positions, colours)
    }
}

/// Square pixels, principal point in the photo's middle.
private struct Pinhole {
    let box: Size
    let photo: Size
    let focal: Double

    func points(_ output: [Float], median: Double) -> [Float] {
        let across = rays(box.width, photo.width)
        let down = rays(box.height, photo.height)
        return [Float](unsafeUninitializedCapacity: output.count * 3) { points, count in
            for row in 0..<box.height {
                for column in 0..<box.width {
                    let i = row * box.width + column
                    let z = exp(median - Double(output[i]))
                    points[3 * i] = Float(across[column] * z / focal)
                    points[3 * i + 1] = Float(down[row] * z / focal)
                    points[3 * i + 2] = Float(z)
                }
            }
            count = output.count * 3
        }
    }

    /// How far each pixel of a side lies from the principal point, in pixels of the photo.
    private func rays(_ count: Int, _ photo: Int) -> [Double] {
        let scale = Double(photo) / Double(count)
        let principal = Double(photo - 1) / 2
        return (0..<count).map { pixel -> Double in
            let place: Double = (Double(pixel) + 0.5) * scale - 0.5
            return place - principal
        }
    }
}
