/// Values at places of the sorted order, without sorting all of them.
enum OrderStatistics {
    /// The value at `rank` (0…count−1, ascending) of finite `values`; reorders them.
    static func value(at rank: Int, in values: inout [Float]) -> Float {
        values.withUnsafeMutableBufferPointer { v in
            var (low, high) = (0, v.count - 1)
            while low < high {
                let (left, right) = split(v, low, high)
                if rank <= right {
                    high = right
                } else if rank >= left {
                    low = left
                } else {
                    break
                }
            }
            return v[rank]
        }
    }

    /// Hoare's partition: after it low…right ≤ pivot, left…high ≥ pivot, and what lies between equals it.
    private static func split(_ v: UnsafeMutableBufferPointer<Float>, _ low: Int, _ high: Int) -> (Int, Int) {
        let pivot = middle(v[low], v[(low + high) / 2], v[high])
        var (left, right) = (low, high)
        while left <= right {
            while v[left] < pivot { left += 1 }
            while pivot < v[right] { right -= 1 }
            if left <= right {
                v.swapAt(left, right)
                left += 1
                right -= 1
            }
        }
        return (left, right)
    }

    private static func middle(_ a: Float, _ b: Float, _ c: Float) -> Float {
        max(min(a, b), min(max(a, b), c))
    }

    /// The value at q·(N − 1) of the sorted order, linear in between; reorders the values.
    static func quantile(_ q: Double, of values: inout [Float]) -> Double {
        let place = q * Double(values.count - 1)
        let rank = Int(place)
        let low = Double(value(at: rank, in: &values))
        let high = rank + 1 < values.count ? Double(values[(rank + 1)...].min() ?? 0) : low
        return low + (place - Double(rank)) * (high - low)
    }
}
