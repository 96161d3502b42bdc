/// Why an exchange came to no answer.
///
/// `description` names the host at most; it never holds a query, a header's value or a body.
package struct OutboundError: Error, Hashable, Sendable {
    /// The kinds of failure that callers tell apart.
    package enum Code: String, Sendable, CaseIterable {
        /// The URL is not one that may be requested.
        case invalidURL
        /// The method or a header field is malformed or not the caller's to set.
        case invalidRequest
        /// The configuration cannot be used, for example its CA file cannot be read.
        case invalidConfiguration
        /// The address policy refuses the host or an address of it. Nothing was sent.
        case addressRefused
        /// The host's name has no address. Nothing was sent.
        case resolveFailed
        /// No connection could be made. Nothing was sent.
        case connectFailed
        /// The connection broke before the answer was whole: the request may have been carried out.
        case connectionLost
        /// A limit on time passed: the request may have been carried out.
        case timeout
        /// The answer exceeds a limit on size.
        case tooLarge
        /// The TLS handshake or the verification of the certificate failed. Nothing was sent.
        case tls
        /// What came back is not HTTP as we accept it.
        case protocolError
        /// Too many requests are in flight. Nothing was sent.
        case overloaded
        /// The task was cancelled or the client shut down.
        case cancelled
    }

    /// The kind of failure.
    package let code: Code
    /// A sentence for the log, made of fixed words, host names and addresses.
    package let reason: String

    /// Makes an error; `reason` must hold nothing that came in a query, header value or body.
    package init(_ code: Code, _ reason: String) {
        self.code = code
        self.reason = reason
    }
}

extension OutboundError: CustomStringConvertible {
    /// The code and the reason.
    package var description: String { "\(code.rawValue): \(reason)" }
}
