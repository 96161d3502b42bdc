import HTTPTypes
package import OAuthProtocol
import SocketHTTP

/// A complete request that the provider received.
///
/// Only tests see it, and it never prints its contents.
package struct CapturedRequest: Sendable {
    /// The endpoint that received it.
    package let endpoint: EndpointName
    /// When it arrived.
    package let time: Timestamp
    /// The parameters of the query; `nil` if it is absent or malformed.
    package let query: FormParameters?
    /// The parameters of the body; `nil` unless it is a form.
    package let form: FormParameters?
    private let request: Request

    init(_ request: Request, endpoint: EndpointName, time: Timestamp) {
        self.request = request
        self.endpoint = endpoint
        self.time = time
        query = request.query.flatMap(RequestParameters.reading(query:))
        form = RequestParameters.isForm(request) ? RequestParameters.reading(body: request.body) : nil
    }

    /// The method.
    package var method: String { request.method.rawValue }
    /// The path.
    package var path: String { request.path }
    /// The body.
    package var body: [UInt8] { request.body }

    /// The values of every field line of that name.
    package func values(of name: String) -> [String] { HTTPField.Name(name).map(request.values(of:)) ?? [] }

    /// The value of the first field line of that name.
    package func field(_ name: String) -> String? { values(of: name).first }

    /// The first value of a parameter, from the form or otherwise from the query.
    package func parameter(_ name: String) -> String? {
        form?.values(name).first ?? query?.values(name).first
    }
}

extension CapturedRequest: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Method and path with the names of the parameters, without their values.
    package var description: String {
        let names = (query?.names ?? []) + (form?.names ?? [])
        return "\(request.method.rawValue) \(request.path) (\(names.joined(separator: ", ")))"
    }
    /// The same as ``description``.
    package var debugDescription: String { description }
    /// A mirror without children, so that a failed expectation prints no token.
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// Reads parameters; a malformed encoding is treated as absent.
enum RequestParameters {
    /// The parameters of a query.
    static func reading(query: String) -> FormParameters? {
        // The reason why a query is malformed does not matter: the endpoint refuses it.
        try? FormParameters(query: query)
    }

    /// The parameters of a body.
    static func reading(body: [UInt8]) -> FormParameters? {
        // The same as for the query.
        try? FormParameters(parsing: body)
    }

    /// Whether the body's media type is a form.
    static func isForm(_ request: Request) -> Bool {
        guard let type = request[.contentType] else { return false }
        return type.lowercased().hasPrefix("application/x-www-form-urlencoded")
    }
}
