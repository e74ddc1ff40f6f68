import Foundation

/// A view of a point cloud that turns around a place in it. At first it is the camera's own view.
///
/// Angles in radians. A point p is turned around `target` and then moved `distance` away from the eye.
public struct Orbit: Sendable, Equatable {
    public private(set) var yaw = 0.0
    public private(set) var pitch = 0.0
    /// 1: as far as the camera was from the median point. Above: farther.
    public private(set) var zoom = 1.0

    /// The median depth is 1, so the middle of the scene lies there.
    static let target = (0.0, 0.0, 1.0)
    static let (near, far) = (0.02, 200.0)
    static let steepest = Double.pi / 2 * 0.95
    static let zoomRange = 0.15...8.0

    public init() {}

    /// A drag by this share of the view's smaller side; a whole side turns by half a circle.
    public mutating func drag(right: Double, down: Double) {
        yaw = remainder(yaw + right * .pi, 2 * .pi)
        pitch = min(max(pitch - down * .pi, -Self.steepest), Self.steepest)
    }

    /// A pinch: above 1 comes nearer.
    public mutating func pinch(by factor: Double) {
        guard factor > 0, factor.isFinite else { return }
        zoom = min(max(zoom / factor, Self.zoomRange.lowerBound), Self.zoomRange.upperBound)
    }

    /// Points → clip space, 16 values column by column; x right, y up, depth 0…1 (Metal's).
    ///
    /// focal: in widths of the photo. photoAspect: its width/height; viewAspect: that of the view, in which the
    /// photo's whole frame stays visible.
    public func matrix(focal: Double, photoAspect: Double, viewAspect: Double) -> [Float] {
        let wide = viewAspect > photoAspect
        let across = wide ? 2 * focal * photoAspect / viewAspect : 2 * focal
        let down = wide ? 2 * focal * photoAspect : 2 * focal * viewAspect
        let (cy, sy, cp, sp) = (cos(yaw), sin(yaw), cos(pitch), sin(pitch))
        // Rows of the turn: first around the vertical axis, then around the horizontal one.
        let x = [cy, 0, -sy]
        let y = [sp * sy, cp, sp * cy]
        let z = [cp * sy, -sp, cp * cy]
        let target = [Self.target.0, Self.target.1, Self.target.2]
        func row(_ axis: [Double], _ factor: Double, _ offset: Double) -> [Double] {
            let moved = offset - zip(axis, target).map(*).reduce(0, +)
            return axis.map { $0 * factor } + [moved * factor]
        }
        let slope = Self.far / (Self.far - Self.near)
        let forward = row(z, 1, zoom)
        var depth = forward.map { $0 * slope }
        depth[3] -= Self.near * slope
        let rows = [row(x, across, 0), row(y, -down, 0), depth, forward]
        return (0..<4).flatMap { column in rows.map { Float($0[column]) } }
    }
}
