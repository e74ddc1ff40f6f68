// SwiftUI's views, as far as the app uses them.
import UniformTypeIdentifiers

public struct LocalizedStringKey: ExpressibleByStringInterpolation, Sendable {
    public init(stringLiteral value: String) {}
}

public struct Text: View {
    public nonisolated init(_ key: LocalizedStringKey) {}
    @_disfavoredOverload public nonisolated init<S: StringProtocol>(_ text: S) {}
    public func bold() -> Text { self }
    public var body: Never { fatalError() }
}

public struct Label<Title: View, Icon: View>: View {
    public var body: Never { fatalError() }
}

extension Label where Title == Text, Icon == Image {
    public nonisolated init(_ key: LocalizedStringKey, systemImage: String) {}
    @_disfavoredOverload public nonisolated init<S: StringProtocol>(_ title: S, systemImage: String) {}
}

public struct Image: View {
    public nonisolated init(systemName: String) {}
    public nonisolated init(_ image: CGImage, scale: CGFloat, label: Text) {}
    public func resizable() -> Image { self }
    public var body: Never { fatalError() }
}

public struct Button<Title: View>: View {
    public nonisolated init(action: @escaping @MainActor () -> Void, @ViewBuilder label: () -> Title) {}
    public var body: Never { fatalError() }
}

extension Button where Title == Text {
    public nonisolated init(_ key: LocalizedStringKey, action: @escaping @MainActor () -> Void) {}
}

extension Button where Title == Label<Text, Image> {
    public nonisolated init(
        _ key: LocalizedStringKey, systemImage: String, action: @escaping @MainActor () -> Void
    ) {}
}

public struct Link<Title: View>: View {
    public var body: Never { fatalError() }
}

extension Link where Title == Text {
    public nonisolated init(_ key: LocalizedStringKey, destination: URL) {}
}

public struct Picker<Content: View>: View {
    public nonisolated init<V: Hashable>(
        _ key: LocalizedStringKey, selection: Binding<V>, @ViewBuilder content: () -> Content
    ) {}
    public var body: Never { fatalError() }
}

public struct LabeledContent: View {
    public nonisolated init<S: StringProtocol>(_ key: LocalizedStringKey, value: S) {}
    public var body: Never { fatalError() }
}

public struct Section<Content: View>: View {
    public nonisolated init(@ViewBuilder content: () -> Content) {}
    public nonisolated init(_ key: LocalizedStringKey, @ViewBuilder content: () -> Content) {}
    public var body: Never { fatalError() }
}

public protocol DynamicViewContent: View {}

extension DynamicViewContent {
    public nonisolated func onDelete(perform: ((IndexSet) -> Void)?) -> some DynamicViewContent { self }
}

public struct ForEach<Content: View>: DynamicViewContent {
    public nonisolated init<D: RandomAccessCollection>(
        _ data: D, @ViewBuilder content: @escaping (D.Element) -> Content
    ) where D.Element: Identifiable {}
    public nonisolated init<D: RandomAccessCollection, ID: Hashable>(
        _ data: D, id: KeyPath<D.Element, ID>, @ViewBuilder content: @escaping (D.Element) -> Content
    ) {}
    public var body: Never { fatalError() }
}

public enum HorizontalAlignment: Sendable { case center }
public enum VerticalAlignment: Sendable { case center }
public enum Alignment: Sendable { case center, topTrailing }
public enum TextAlignment: Sendable { case center }

public struct VStack<Content: View>: View {
    public nonisolated init(
        alignment: HorizontalAlignment = .center, spacing: CGFloat? = nil, @ViewBuilder content: () -> Content
    ) {}
    public var body: Never { fatalError() }
}

public struct HStack<Content: View>: View {
    public nonisolated init(
        alignment: VerticalAlignment = .center, spacing: CGFloat? = nil, @ViewBuilder content: () -> Content
    ) {}
    public var body: Never { fatalError() }
}

public struct Form<Content: View>: View {
    public nonisolated init(@ViewBuilder content: () -> Content) {}
    public var body: Never { fatalError() }
}

public struct NavigationStack<Content: View>: View {
    public nonisolated init(@ViewBuilder root: () -> Content) {}
    public var body: Never { fatalError() }
}

public struct TabView<Content: View>: View {
    public nonisolated init(@ViewBuilder content: () -> Content) {}
    public var body: Never { fatalError() }
}

public struct GeometryProxy {
    public var size: CGSize { .zero }
}

public struct GeometryReader<Content: View>: View {
    public nonisolated init(@ViewBuilder content: @escaping (GeometryProxy) -> Content) {}
    public var body: Never { fatalError() }
}

public struct ShareLink<Title: View>: View {
    public nonisolated init<D: RandomAccessCollection>(items: D, @ViewBuilder label: () -> Title)
    where D.Element == URL {}
    public var body: Never { fatalError() }
}
