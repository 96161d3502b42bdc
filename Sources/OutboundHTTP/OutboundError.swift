/// Why an exchange yielded no answer.
///
/// `description` contains at most the host's name, never a query, a header's value or a body.
package struct OutboundError: Error, Hashable, Sendable {
    /// The kinds of failure that callers distinguish.
    package enum Code: String, Sendable, CaseIterable {
        /// The URL must not be requested.
        case invalidURL
        /// The method or a header field is malformed, or a field that callers must not set.
        case invalidRequest
        /// The configuration is unusable; for example, its CA file cannot be read.
        case invalidConfiguration
        /// The address policy refuses the host or one of its addresses. Nothing was sent.
        case addressRefused
        /// The host's name has no address. Nothing was sent.
        case resolveFailed
        /// No connection was made. Nothing was sent.
        case connectFailed
        /// The connection broke before the answer was whole: the request may have been carried out.
        case connectionLost
        /// A time limit passed: the request may have been carried out.
        case timeout
        /// The answer exceeds a size limit.
        case tooLarge
        /// The TLS handshake or the verification of the certificate failed. Nothing was sent.
        case tls
        /// The answer is not HTTP that is accepted here.
        case protocolError
        /// Too many requests are in flight. Nothing was sent.
        case overloaded
        /// The task was cancelled or the client was shut down.
        case cancelled
    }

    /// The kind of failure.
    package let code: Code
    /// A sentence for the log, made of fixed words, host names and addresses.
    package let reason: String

    /// Makes an error; `reason` must contain nothing from a query, header value or body.
    package init(_ code: Code, _ reason: String) {
        self.code = code
        self.reason = reason
    }
}

extension OutboundError: CustomStringConvertible {
    /// The code and the reason.
    package var description: String { "\(code.rawValue): \(reason)" }
}
