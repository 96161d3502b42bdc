package import HTTPTypes

/// One HTTP request as a responder receives it: framing is removed and the body is complete.
///
/// Strings are made only on demand: header fields remain bytes until `values(of:)` reads one.
package struct Request: Sendable {
    /// The method; any token is possible, even one that no route has.
    package let method: HTTPRequest.Method
    /// The path as it was sent, not decoded and not normalized, up to the `?`.
    package let path: String
    /// What follows the first `?`, not decoded; `nil` without one.
    package let query: String?
    /// The body, without its transfer coding; empty when there is none.
    package let body: [UInt8]
    /// The address of the socket's peer.
    ///
    /// Layers above the engine decide whom a trusted proxy speaks for.
    package let peer: IPAddress
    /// Whether the connection is encrypted by this server.
    package let isTLS: Bool
    /// The user whose process connected to a Unix socket, by the kernel's word; `nil` on a network.
    package let peerUser: UInt32?
    /// The segment that matched `{name}` in the route; `nil` on a route without one.
    package internal(set) var pathParameter: String?
    private let fields: Fields

    private enum Fields: Sendable {
        case received(FieldLines)
        case given(HTTPFields)
    }

    /// Makes a request without a socket, for tests of responders.
    package init(
        method: HTTPRequest.Method,
        path: String,
        query: String? = nil,
        fields: HTTPFields = [:],
        body: [UInt8] = [],
        peer: IPAddress = .loopback,
        isTLS: Bool = false,
        peerUser: UInt32? = nil
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.body = body
        self.peer = peer
        self.isTLS = isTLS
        self.peerUser = peerUser
        self.fields = .given(fields)
    }

    /// Takes over the parser's result.
    init(_ message: consuming ParsedRequest, peer: IPAddress, isTLS: Bool, user: UInt32?) {
        method = message.method
        path = message.path
        query = message.query
        body = message.body
        fields = .received(message.fields)
        self.peer = peer
        self.isTLS = isTLS
        peerUser = user
    }

    /// The values of every field line of that name, in order; never merged into one.
    package func values(of name: HTTPField.Name) -> [String] {
        switch fields {
        case .received(let lines): lines.values(of: name.canonicalName)
        case .given(let fields): fields[values: name]
        }
    }

    /// The value of the first field line of that name.
    package subscript(_ name: HTTPField.Name) -> String? {
        switch fields {
        case .received(let lines): lines.firstValue(of: name.canonicalName)
        case .given(let fields): fields[values: name].first
        }
    }

    /// Whether there is exactly one field line of that name and its value equals this one byte for byte; makes no
    /// strings.
    package func isOnlyValue(of name: HTTPField.Name, _ expected: StaticString) -> Bool {
        switch fields {
        case .received(let lines): return lines.isOnlyValue(of: name.canonicalName, expected)
        case .given(let fields):
            let values = fields[values: name]
            return values.count == 1 && values[0].utf8.elementsEqual(expected.description.utf8)
        }
    }

    /// The number of field lines.
    package var fieldCount: Int {
        switch fields {
        case .received(let lines): lines.count
        case .given(let fields): fields.count
        }
    }
}

/// Prints method and path only: query, fields and body contain codes, tokens and passwords.
extension Request: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Method and path.
    package var description: String { "\(method.rawValue) \(path)" }
    /// Method and path.
    package var debugDescription: String { description }
    /// Hides the stored properties from `dump` and from error messages.
    package var customMirror: Mirror { Mirror(self, children: []) }
}
