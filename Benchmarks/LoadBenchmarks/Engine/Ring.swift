/// A first-in, first-out queue in one array.
struct Ring<Element> {
    private var elements: [Element?] = []
    private var head = 0
    private(set) var count = 0

    init() {}

    init(_ elements: [Element]) {
        self.elements = elements
        count = elements.count
    }

    var isEmpty: Bool { count == 0 }

    mutating func append(_ element: Element) {
        if count == elements.count { grow() }
        elements[(head + count) % elements.count] = element
        count += 1
    }

    mutating func popFirst() -> Element? {
        guard count > 0 else { return nil }
        let element = elements[head]
        elements[head] = nil
        head = (head + 1) % elements.count
        count -= 1
        return element
    }

    private mutating func grow() {
        let ordered = (0..<count).map { elements[(head + $0) % elements.count] }
        elements = ordered + [Element?](repeating: nil, count: max(16, count))
        head = 0
    }
}
