/// One request to another server: its content, its limits, and the addresses that it may go to.
///
/// Neither `description` nor a mirror shows the query, a header's value or the body, which carry codes, secrets and
/// tokens.
package struct OutboundRequest: Sendable {
    /// The method, in upper case.
    package var method: String
    /// An absolute `http` or `https` URL, ASCII only and without user information.
    package var url: String
    /// The fields to send, in order; callers must not set framing fields (`Host`, `Content-Length` …).
    package var headerFields: [(name: String, value: String)]
    /// The body as it goes on the wire.
    package var body: [UInt8]
    /// The bounds of this exchange.
    package var limits: Limits
    /// The addresses that may be dialled.
    package var addressPolicy: AddressPolicy
    /// How many redirects of a GET or HEAD are followed, each under all rules of the first request.
    ///
    /// With 0, or for another method, a redirect is returned as the response (D-84).
    package var maximumRedirects: Int
    /// Whether `gzip` and `deflate` are offered and removed from the answer's body; its bound then counts the bytes
    /// after that (D-85).
    package var decodesContent: Bool
    /// The network of the stranger who caused the request: its name look-ups are counted together.
    ///
    /// With nil, it is the server's own.
    package var source: String?

    /// Makes a request; by default it may go to public addresses only and follows no redirect.
    package init(
        method: String = "GET",
        url: String,
        headerFields: [(name: String, value: String)] = [],
        body: [UInt8] = [],
        limits: Limits = Limits(),
        addressPolicy: AddressPolicy = .publicOnly,
        maximumRedirects: Int = 0,
        decodesContent: Bool = false,
        source: String? = nil
    ) {
        self.method = method
        self.url = url
        self.headerFields = headerFields
        self.body = body
        self.limits = limits
        self.addressPolicy = addressPolicy
        self.maximumRedirects = maximumRedirects
        self.decodesContent = decodesContent
        self.source = source
    }
}

extension OutboundRequest {
    /// The bounds of one exchange; the other side is never trusted to be fast or brief.
    package struct Limits: Hashable, Sendable {
        /// Until the connection is established: name resolution, TCP and TLS together.
        package var connectTimeout: Duration
        /// Until the last byte of the answer, including redirects and waiting for a free connection.
        package var totalTimeout: Duration
        /// The body's size; one byte more aborts the transfer.
        package var responseBytesMax: Int
        /// The size of all header lines, including interim responses and trailers.
        package var headerBytesMax: Int
        /// Simultaneous requests to one host under the same address policy; one more is refused as `overloaded`.
        package var requestsPerHostMax: Int?

        /// Makes limits; the defaults suit a token or metadata endpoint.
        package init(
            connectTimeout: Duration = .seconds(5),
            totalTimeout: Duration = .seconds(10),
            responseBytesMax: Int = 1 << 20,
            headerBytesMax: Int = 64 << 10,
            requestsPerHostMax: Int? = nil
        ) {
            self.connectTimeout = connectTimeout
            self.totalTimeout = totalTimeout
            self.responseBytesMax = responseBytesMax
            self.headerBytesMax = headerBytesMax
            self.requestsPerHostMax = requestsPerHostMax
        }
    }
}

extension OutboundRequest: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The method and the URL up to its query.
    package var description: String {
        let names = headerFields.map(\.name).joined(separator: ", ")
        return "\(method) \(OutboundURL.redacted(url)) [\(names)] (\(body.count) bytes)"
    }

    /// The same as `description`.
    package var debugDescription: String { description }

    /// Shows nothing, so that `dump` shows no secret.
    package var customMirror: Mirror { Mirror(self, children: [(label: String?, value: Any)]()) }
}
