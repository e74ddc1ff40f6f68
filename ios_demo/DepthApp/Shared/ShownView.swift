import DepthKit
import SwiftUI

/// A result in the shape of its photo; a text where there is none yet.
struct ShownView: View {
    let shown: Shown?
    let waiting: String

    var body: some View {
        if let shown {
            switch shown.content {
            case .image(let image, let description):
                Image(image, scale: 1, label: Text(description))
                    .resizable()
                    .aspectRatio(shown.aspect, contentMode: .fit)
                    .frame(maxWidth: .infinity, maxHeight: .infinity)
            case .cloud(let cloud):
                CloudView(cloud: cloud, focal: shown.focal, photoAspect: shown.aspect)
            }
        } else {
            Text(waiting)
                .multilineTextAlignment(.center)
                .frame(maxWidth: .infinity, maxHeight: .infinity)
        }
    }
}

struct ShownModePicker: View {
    @Binding var mode: ShownMode

    var body: some View {
        Picker("Show", selection: $mode) {
            ForEach(ShownMode.allCases) { mode in
                Text(mode.title).tag(mode)
            }
        }
        .pickerStyle(.segmented)
    }
}

/// Something that the user should know.
struct NoticeView: View {
    let text: String

    var body: some View {
        Label(text, systemImage: "exclamationmark.triangle")
            .font(.footnote)
            .accessibilityLabel("Notice: \(text)")
    }
}

/// Frames a second, and medians of the stages.
struct TimesView: View {
    let timings: Timings

    var body: some View {
        if let median = timings.median {
            HStack(spacing: 16) {
                if let rate = timings.framesPerSecond { figure(rate, "fps", "frames a second") }
                figure(median.prepare, "ms prepare", "milliseconds to prepare")
                figure(median.infer, "ms infer", "milliseconds to infer")
                figure(median.draw, "ms draw", "milliseconds to draw")
            }
            .font(.caption.monospacedDigit())
        }
    }

    private func figure(_ value: Double, _ unit: String, _ spoken: String) -> some View {
        let number = value.formatted(.number.precision(.fractionLength(1)))
        return VStack {
            Text(number).bold()
            Text(unit)
        }
        .accessibilityElement(children: .ignore)
        .accessibilityLabel("\(number) \(spoken)")
        .accessibilityAddTraits(.updatesFrequently)
    }
}
