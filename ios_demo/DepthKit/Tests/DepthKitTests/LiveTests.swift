import Foundation
import Testing

@testable import DepthKit

struct PacerTests {
    /// How many of a second's 30 camera frames, a little irregular, are taken.
    func taken(_ heat: Heat, seconds: Int = 4) -> Int {
        var pacer = FramePacer()
        let times = (0..<(30 * seconds)).map { frame -> Double in
            Double(frame) / 30 + (frame % 3 == 0 ? 0.003 : 0)
        }
        let admitted = times.filter { pacer.admits(frameAt: $0, heat: heat) }.count
        #expect(pacer.dropped == times.count - admitted)
        return admitted
    }

    @Test func everyFrameIsTakenUntilThePhoneIsHot() {
        #expect(taken(.nominal) == 120)
        #expect(taken(.fair) == 120)
        #expect((32...40).contains(taken(.serious)))
        #expect((8...10).contains(taken(.critical)))
    }

    @Test func aClockThatStartsAnewDoesNotStopTheView() {
        var pacer = FramePacer()
        let before = pacer.admits(frameAt: 1000, heat: .critical)
        let after = pacer.admits(frameAt: 0.1, heat: .critical)
        #expect(before && after)
    }

    @Test func heatIsToldFromSeriousOn() {
        #expect(Heat.allCases.map { $0.notice == nil } == [true, true, false, false])
    }
}

struct TimingsTests {
    @Test func mediansAndRateOfTheLastFrames() throws {
        var timings = Timings(length: 3)
        #expect(timings.median == nil)
        for (i, infer) in [100.0, 4, 9, 5].enumerated() {
            timings.add(StageTimes(prepare: 1, infer: infer, draw: 2), at: Double(i) * 0.05)
        }
        #expect(timings.median == StageTimes(prepare: 1, infer: 5, draw: 2))
        #expect(abs(try #require(timings.framesPerSecond) - 20) < 1e-9)
    }

    @Test func aSingleFrameHasNoRate() {
        var timings = Timings()
        timings.add(StageTimes(prepare: 1, infer: 1, draw: 1), at: 5)
        #expect(timings.framesPerSecond == nil)
    }

    /// The values of numpy.percentile.
    @Test func summary() {
        let summary = Summary((1...10).map(Double.init).reversed())
        #expect(abs(summary.median - 5.5) < 1e-12)
        #expect(abs(summary.p90 - 9.1) < 1e-12)
        #expect(abs(summary.p99 - 9.91) < 1e-12)
        #expect(Summary([]).median.isNaN)
    }
}

struct OrbitTests {
    /// Where a point comes to lie: −1…1 across and up, depth 0…1.
    func seen(_ m: [Float], _ p: [Double]) -> (x: Double, y: Double, depth: Double, w: Double) {
        let clip = (0..<4).map { row in
            (0..<3).reduce(Double(m[12 + row])) { $0 + Double(m[4 * $1 + row]) * p[$1] }
        }
        return (clip[0] / clip[3], clip[1] / clip[3], clip[2] / clip[3], clip[3])
    }

    /// A photo of 4:3 with a focal length of one width, in views of other shapes.
    @Test(arguments: [4.0 / 3, 0.5, 2.0]) func theFirstViewIsThePhoto(aspect: Double) {
        let m = Orbit().matrix(focal: 1, photoAspect: 4.0 / 3, viewAspect: aspect)
        let corner = seen(m, [0.5 * 2, 0.375 * 2, 2])  // lower right, at depth 2
        #expect(abs(corner.w - 2) < 1e-5)
        #expect(abs(max(corner.x, -corner.y) - 1) < 1e-5)
        #expect(abs(corner.x / -corner.y * aspect - 4.0 / 3) < 1e-4)
        let middle = seen(m, [0, 0, 5])
        #expect(abs(middle.x) < 1e-6 && abs(middle.y) < 1e-6)
        #expect(middle.depth > seen(m, [0, 0, 1]).depth)
    }

    @Test func turningKeepsTheMiddleOfTheSceneInPlace() {
        var orbit = Orbit()
        orbit.drag(right: 0.3, down: -0.2)
        let m = orbit.matrix(focal: 1, photoAspect: 1, viewAspect: 1)
        let target = seen(m, [0, 0, 1])
        #expect(abs(target.x) < 1e-6 && abs(target.y) < 1e-6 && abs(target.w - 1) < 1e-6)
        for (row, length) in [(0, 2.0), (1, 2.0), (3, 1.0)] {
            let squares = (0..<3).map { Double(m[4 * $0 + row] * m[4 * $0 + row]) }
            #expect(abs(squares.reduce(0, +).squareRoot() - length) < 1e-5)
        }
    }

    @Test func draggingRightMovesWhatIsNearToTheRight() {
        var orbit = Orbit()
        orbit.drag(right: 0.1, down: 0)
        let m = orbit.matrix(focal: 1, photoAspect: 1, viewAspect: 1)
        #expect(seen(m, [0, 0, 0.5]).x > 0)
        var down = Orbit()
        down.drag(right: 0, down: 0.1)
        let n = down.matrix(focal: 1, photoAspect: 1, viewAspect: 1)
        #expect(seen(n, [0, 0, 0.5]).y < 0)
    }

    @Test func pitchAndZoomStayWithinBounds() {
        var orbit = Orbit()
        orbit.drag(right: 9.25, down: 100)
        #expect(orbit.pitch < .pi / 2)
        #expect(abs(orbit.yaw) <= .pi)
        orbit.pinch(by: 1e9)
        #expect(orbit.zoom == Orbit.zoomRange.lowerBound)
        orbit.pinch(by: 1e-9)
        #expect(orbit.zoom == Orbit.zoomRange.upperBound)
        orbit.pinch(by: .nan)
        orbit.pinch(by: 0)
        #expect(orbit.zoom == Orbit.zoomRange.upperBound)
    }
}

struct GestureTests {
    @Test func aGestureThatWasNotToldToEndIsNoPartOfTheNext() {
        var way = GestureWay<Int, Double>()
        #expect(way.advance(from: 1, to: 5, nothing: 0) == 0)
        #expect(way.advance(from: 1, to: 9, nothing: 0) == 5)
        #expect(way.advance(from: 2, to: 1, nothing: 0) == 0)
        way.end()
        #expect(way.advance(from: 2, to: 3, nothing: 0) == 0)
    }
}

struct BenchmarkTests {
    @Test func optionsAreRead() throws {
        #expect(try BenchmarkOptions(arguments: ["DepthApp", "-NSDebug"]) == nil)
        let plain = try #require(try BenchmarkOptions(arguments: ["DepthApp", "--benchmark"]))
        #expect((plain.runs, plain.warmUp, plain.units) == (100, 10, ComputeUnits.allCases))
        #expect(plain.models == nil)
        let line = "DepthApp --benchmark --models mn --units cpu ane --runs 7 --warm-up 2 --out a.json"
        let words = line.split(separator: " ")
        let given = try #require(try BenchmarkOptions(arguments: words.map(String.init)))
        #expect((given.runs, given.warmUp, given.out) == (7, 2, "a.json"))
        #expect((given.units, given.models) == ([.cpu, .neuralEngine], ["mn"]))
    }

    @Test func namedModelsAlone() throws {
        let stored = ["mn", "mn_int8"].map {
            StoredModel(url: URL(fileURLWithPath: "/Models/\($0).mlpackage"), isBundled: true)
        }
        func chosen(_ names: [String], of stored: [StoredModel]) throws -> [String] {
            let words = ["DepthApp", "--benchmark"] + (names.isEmpty ? [] : ["--models"] + names)
            return try #require(try BenchmarkOptions(arguments: words)).chosen(of: stored).map(\.name)
        }
        #expect(try chosen([], of: stored) == ["mn", "mn_int8"])
        #expect(try chosen(["mn_int8"], of: stored) == ["mn_int8"])
        #expect(throws: DepthError("--models b0: not in the app (mn, mn_int8)")) {
            try chosen(["mn", "b0"], of: stored)
        }
        #expect(throws: DepthError("no model to measure: put a .mlpackage into ios_demo/Models")) {
            try chosen([], of: [])
        }
    }

    @Test(arguments: [
        ["--runs", "0"], ["--runs"], ["--runs", "x"], ["--units"], ["--units", "npu"], ["--models"],
        ["--out", "../a"], ["--out"], ["--fast"],
    ])
    func wrongOptionsAreNamed(arguments: [String]) {
        do {
            _ = try BenchmarkOptions(arguments: ["DepthApp", "--benchmark"] + arguments)
            Issue.record("was taken")
        } catch {
            #expect("\(error)".hasPrefix(arguments[0]))
        }
    }

    /// One measured row; heat and times of no real phone.
    func report() throws -> (BenchmarkReport, FolderContent) {
        let url = ModelDescriptionTests.examples.appendingPathComponent("good/every_file.json")
        let model = try ModelDescription(json: Data(contentsOf: url), source: "model.json", in: .folder)
        let runs = [1.0, 2, 3].map { StageTimes(prepare: 0.5, infer: $0, draw: 0.25) }
        let content = try FolderContent(url)
        let row = BenchmarkReport.Row(
            model, file: "mn_int8.mlpackage", content: content, units: .neuralEngine, load: 90, first: 12,
            runs: runs, peakMemoryBytes: nil, heat: [.nominal, .fair])
        let machine = BenchmarkReport.Machine(
            processor: "iPhone17,1", system: "iOS 26.1", cores: 6, memoryBytes: 8_000_000_000)
        let skipped = [BenchmarkReport.Skipped(what: "b5.mlpackage on ane", why: "Core ML does not load it")]
        return (BenchmarkReport(machine: machine, rows: [row], skipped: skipped), content)
    }

    @Test func theReportHasItsKeys() throws {
        let (report, content) = try report()
        let whole = try JSONObject(
            JSONDecoder().decode(JSONValue.self, from: report.json()), source: "benchmark.json")
        #expect(try whole.real("format") == 1)
        #expect(try whole.object("machine").real("memory_bytes") == 8e9)
        guard case .list(let rows) = try whole.member("rows") else { return #expect(Bool(false)) }
        let first = try JSONObject(#require(rows.first), source: "row")
        #expect(try first.text("sha256") == content.sha256)
        #expect(try first.object("latency_ms").real("median") == 2)
        #expect(try first.object("latency_ms").real("load") == 90)
        #expect(try first.numbers("samples_ms", "") == [1, 2, 3])
        #expect(try (first.text("delegate"), first.text("target")) == ("ane", "coreml"))
        #expect(try (first.text("variant"), first.count("threads")) == ("mn_int8", 1))
        #expect(try (first.real("prepare_ms"), first.real("finish_ms")) == (0.5, 0.25))
        #expect(try first.numbers("heat", "") == [0, 1])
        #expect(first.members["peak_memory_bytes"] == nil)
    }

    /// `tests.ios.command` hands it to the reader of `python -m bench.report`.
    @Test(.enabled(if: Reference.isThere, Comment(rawValue: Reference.missing)))
    func theReportIsLeftForPythonToRead() throws {
        try report().0.json().write(to: Reference().url.appendingPathComponent("benchmark.json"))
    }
}
