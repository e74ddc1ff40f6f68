// SwiftUI's modifiers and gestures, as far as the app uses them.
import UIKit
import UniformTypeIdentifiers

public enum ContentMode: Sendable { case fit, fill }
public struct PresentationDetent: Hashable, Sendable {
    public static let medium = PresentationDetent()
}

public struct Font: Sendable {
    public static let body = Font()
    public static let footnote = Font()
    public static let caption = Font()
    public func monospaced() -> Font { self }
    public func monospacedDigit() -> Font { self }
}

public struct SegmentedPickerStyle: Sendable {
    public static var segmented: SegmentedPickerStyle { Self() }
}
public struct ProminentButtonStyle: Sendable {
    public static var borderedProminent: ProminentButtonStyle { Self() }
}
public struct IconOnlyLabelStyle: Sendable {
    public static var iconOnly: IconOnlyLabelStyle { Self() }
}

public enum AccessibilityAdjustmentDirection: Sendable { case increment, decrement }
public struct AccessibilityZoomGestureAction: Sendable {
    public enum Direction: Sendable { case zoomIn, zoomOut }
    public var direction: Direction { .zoomIn }
}
public struct AccessibilityTraits: OptionSet, Sendable {
    public let rawValue: UInt
    public init(rawValue: UInt) { self.rawValue = rawValue }
    public static let updatesFrequently = AccessibilityTraits(rawValue: 1)
}
public enum AccessibilityChildBehavior: Sendable { case ignore, contain, combine }

extension View {
    public nonisolated func padding() -> some View { self }
    public nonisolated func frame(maxWidth: CGFloat? = nil, maxHeight: CGFloat? = nil) -> some View { self }
    public nonisolated func aspectRatio(_ ratio: CGFloat? = nil, contentMode: ContentMode) -> some View {
        self
    }
    public nonisolated func font(_ font: Font?) -> some View { self }
    public nonisolated func multilineTextAlignment(_ alignment: TextAlignment) -> some View { self }
    public nonisolated func pickerStyle(_ style: SegmentedPickerStyle) -> some View { self }
    public nonisolated func buttonStyle(_ style: ProminentButtonStyle) -> some View { self }
    public nonisolated func labelStyle(_ style: IconOnlyLabelStyle) -> some View { self }
    public nonisolated func disabled(_ is: Bool) -> some View { self }
    public nonisolated func deleteDisabled(_ is: Bool) -> some View { self }
    public nonisolated func tag<V: Hashable>(_ tag: V) -> some View { self }
    public nonisolated func tabItem<V: View>(@ViewBuilder _ label: () -> V) -> some View { self }
    public nonisolated func navigationTitle(_ key: LocalizedStringKey) -> some View { self }
    public nonisolated func environment<T: AnyObject & Observable>(_ object: T?) -> some View { self }
    public nonisolated func overlay<V: View>(
        alignment: Alignment = .center, @ViewBuilder content: () -> V
    ) -> some View { self }
    public nonisolated func sheet<Item: Identifiable, C: View>(
        item: Binding<Item?>, onDismiss: (() -> Void)? = nil, @ViewBuilder content: @escaping (Item) -> C
    ) -> some View { self }
    public nonisolated func alert<A: View, M: View>(
        _ key: LocalizedStringKey, isPresented: Binding<Bool>, @ViewBuilder actions: () -> A,
        @ViewBuilder message: () -> M
    ) -> some View { self }
    public nonisolated func presentationDetents(_ detents: Set<PresentationDetent>) -> some View { self }
    public nonisolated func fileImporter(
        isPresented: Binding<Bool>, allowedContentTypes: [UTType],
        onCompletion: @escaping (Result<URL, any Error>) -> Void
    ) -> some View { self }
    public nonisolated func onOpenURL(perform: @escaping (URL) -> Void) -> some View { self }
    public nonisolated func task(
        priority: TaskPriority = .userInitiated,
        @_inheritActorContext _ action: sending @escaping @isolated(any) () async -> Void
    ) -> some View { self }
    public nonisolated func task<T: Equatable>(
        id: T, priority: TaskPriority = .userInitiated,
        @_inheritActorContext _ action: sending @escaping @isolated(any) () async -> Void
    ) -> some View { self }
    public nonisolated func accessibilityLabel(_ key: LocalizedStringKey) -> some View { self }
    @_disfavoredOverload
    public nonisolated func accessibilityLabel<S: StringProtocol>(_ label: S) -> some View { self }
    public nonisolated func accessibilityValue(_ key: LocalizedStringKey) -> some View { self }
    public nonisolated func accessibilityHint(_ key: LocalizedStringKey) -> some View { self }
    public nonisolated func accessibilityElement(
        children: AccessibilityChildBehavior = .ignore
    ) -> some View { self }
    public nonisolated func accessibilityAddTraits(_ traits: AccessibilityTraits) -> some View { self }
    public nonisolated func accessibilityAdjustableAction(
        _ handler: @escaping (AccessibilityAdjustmentDirection) -> Void
    ) -> some View { self }
    public nonisolated func accessibilityZoomAction(
        _ handler: @escaping (AccessibilityZoomGestureAction) -> Void
    ) -> some View { self }
    public nonisolated func gesture<G: Gesture>(_ gesture: G) -> some View { self }
    public nonisolated func simultaneousGesture<G: Gesture>(_ gesture: G) -> some View { self }
}

@MainActor @preconcurrency public protocol Gesture {
    associatedtype Value
}

public struct Followed<G: Gesture>: Gesture {
    public typealias Value = G.Value
}

extension Gesture {
    public nonisolated func onChanged(_ action: @escaping (Value) -> Void) -> Followed<Self> { fatalError() }
    public nonisolated func onEnded(_ action: @escaping (Value) -> Void) -> Followed<Self> { fatalError() }
}

public struct DragGesture: Gesture {
    public struct Value: Sendable {
        public var translation: CGSize { .zero }
        public var startLocation: CGPoint { .zero }
    }
    public nonisolated init(minimumDistance: CGFloat = 10) {}
}

public struct MagnifyGesture: Gesture {
    public struct Value: Sendable {
        public var magnification: CGFloat { 1 }
        public var startLocation: CGPoint { .zero }
    }
    public nonisolated init() {}
}

@MainActor @preconcurrency public protocol UIViewRepresentable: View where Body == Never {
    associatedtype UIViewType: UIView
    associatedtype Coordinator = Void
    typealias Context = UIViewRepresentableContext<Self>
    func makeUIView(context: Context) -> UIViewType
    func updateUIView(_ view: UIViewType, context: Context)
    func makeCoordinator() -> Coordinator
}

extension UIViewRepresentable {
    public var body: Never { fatalError() }
}

@MainActor @preconcurrency public struct UIViewRepresentableContext<R: UIViewRepresentable> {
    public var coordinator: R.Coordinator { fatalError() }
}
