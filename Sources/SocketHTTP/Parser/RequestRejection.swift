package import HTTPTypes

/// Why a request was refused before it reached a responder, and with which status.
///
/// After a refusal the position in the byte stream cannot be trusted, so the connection always closes.
package struct RequestRejection: Error, Hashable, Sendable {
    /// The status of the answer.
    package let status: HTTPResponse.Status
    /// What is wrong, written for the client's author.
    package let reason: String
    /// The RFC section that requires the refusal.
    package let rule: String

    private init(_ status: HTTPResponse.Status, _ reason: String, _ rule: String) {
        self.status = status
        self.reason = reason
        self.rule = rule
    }

    static let bareLineFeed = Self(.badRequest, "a line ends with a bare LF", "RFC 9112 §2.2")
    static let controlCharacter = Self(.badRequest, "a control character in the header", "RFC 9110 §5.5")
    static let malformedRequestLine = Self(.badRequest, "malformed request line", "RFC 9112 §3")
    static let requestLineTooLong = Self(.uriTooLong, "the request line is too long", "RFC 9112 §3")
    static let malformedTarget = Self(.badRequest, "malformed request target", "RFC 9112 §3.2")
    static let misplacedAsterisk = Self(.badRequest, "the target * is valid for OPTIONS only", "RFC 9112 §3.2.4")
    static let noTunnels = Self(.notImplemented, "CONNECT is not supported", "RFC 9110 §9.3.6")
    static let unsupportedVersion = Self(
        .httpVersionNotSupported,
        "only HTTP/1.1 is supported",
        "RFC 9110 §15.6.6"
    )
    static let obsoleteFolding = Self(.badRequest, "a header line starts with white space", "RFC 9112 §5.2")
    static let malformedField = Self(.badRequest, "malformed header field", "RFC 9112 §5")
    static let spaceBeforeColon = Self(.badRequest, "white space before the colon", "RFC 9112 §5.1")
    static let fieldsTooLarge = Self(.requestHeaderFieldsTooLarge, "the header is too large", "RFC 6585 §5")
    static let tooManyFields = Self(.requestHeaderFieldsTooLarge, "too many header fields", "RFC 6585 §5")
    static let missingHost = Self(.badRequest, "no Host field", "RFC 9112 §3.2")
    static let repeatedHost = Self(.badRequest, "more than one Host field", "RFC 9112 §3.2")
    static let malformedHost = Self(.badRequest, "malformed Host field", "RFC 9112 §3.2")
    static let repeatedContentLength = Self(.badRequest, "more than one Content-Length", "RFC 9112 §6.3")
    static let malformedContentLength = Self(.badRequest, "malformed Content-Length", "RFC 9112 §6.3")
    static let ambiguousLength = Self(
        .badRequest,
        "both Content-Length and Transfer-Encoding",
        "RFC 9112 §6.1"
    )
    static let codingInOldVersion = Self(.badRequest, "Transfer-Encoding in HTTP/1.0", "RFC 9112 §6.1")
    static let malformedTransferEncoding = Self(.badRequest, "only chunked, applied once, is accepted", "RFC 9112 §6.3")
    static let unknownTransferCoding = Self(.notImplemented, "unknown transfer coding", "RFC 9112 §6.1")
    static let unknownExpectation = Self(.expectationFailed, "unknown expectation", "RFC 9110 §10.1.1")
    static let encodedContent = Self(
        .unsupportedMediaType,
        "Content-Encoding is not accepted in requests",
        "RFC 9110 §15.5.16"
    )
    static let contentTooLarge = Self(.contentTooLarge, "the body is too large", "RFC 9110 §15.5.14")
    static let malformedChunk = Self(.badRequest, "malformed chunk", "RFC 9112 §7.1")
    static let chunkExtensionsTooLarge = Self(.badRequest, "chunk extensions are too large", "RFC 9112 §7.1.1")
    static let malformedTrailer = Self(.badRequest, "malformed trailer field", "RFC 9112 §7.1.2")
    static let tooSlow = Self(.requestTimeout, "the request took too long to arrive", "RFC 9110 §15.5.9")

    static let overloaded = Self(.serviceUnavailable, "too many requests are incomplete", "RFC 9110 §15.6.4")

    /// The answer to send: JSON that names neither the server's kind nor its version.
    package var response: Response {
        let name =
            switch status.code {
            case 408: "request_timeout"
            // The error code that the clients of the OAuth endpoints know (TK-17).
            case 413: "invalid_request"
            case 414: "uri_too_long"
            case 415: "unsupported_media_type"
            case 417: "expectation_failed"
            case 431: "header_fields_too_large"
            case 501: "not_implemented"
            case 503: "temporarily_unavailable"
            case 505: "http_version_not_supported"
            default: "bad_request"
            }
        var headerFields: HTTPFields = [.contentType: "application/json", .cacheControl: "no-store"]
        if status == .serviceUnavailable { headerFields[.retryAfter] = "1" }
        return Response(
            status: status,
            headerFields: headerFields,
            body: Array(#"{"error":"\#(name)","error_description":"\#(reason) (\#(rule))"}"#.utf8),
            closesConnection: true
        )
    }
}
