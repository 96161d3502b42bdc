import HTTPTypes
import OAuthProtocol
import SocketHTTP

extension Response {
    /// RFC 6749 §5.1: a JSON answer that must not be cached (TK-2).
    static func json(_ body: [UInt8], status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status,
            headerFields: [.contentType: "application/json", .cacheControl: "no-store"],
            body: body
        )
    }

    /// RFC 7009 §2.2: an answer that only states success.
    static let empty = Response(status: .ok, headerFields: [.cacheControl: "no-store"], body: [])

    /// RFC 6749 §5.2: an error in JSON; 401 for a Basic client has its challenge, 429 and 503 their delay.
    static func error(
        _ error: OAuthError,
        basicChallenge: Bool = false,
        namesTokenError: Bool = true
    ) -> Response {
        var response = json(error.json.serialized(), status: HTTPResponse.Status(code: error.code.httpStatus))
        if basicChallenge, error.code == .invalidClient {
            // RFC 6749 §5.2: MUST answer in the scheme that the client used (TK-12).
            response.headerFields[.wwwAuthenticate] = "Basic realm=\"gatehouse\", charset=\"UTF-8\""
        }
        if error.code == .invalidToken {
            // RFC 6750 §3.1: a request without a token gets no error code, only the requirements.
            response.headerFields[.wwwAuthenticate] = namesTokenError ? "Bearer error=\"invalid_token\"" : "Bearer"
        }
        if let retryAfter = error.retryAfter {
            response.headerFields[.retryAfter] = retryAfter.retryAfterSeconds
        }
        return response
    }

    /// A redirect that leaves no trace: 302 after GET, 303 after POST, never 307 (AZ-17, D-23, D-24).
    static func redirect(to location: String, after method: HTTPRequest.Method) -> Response {
        Response(
            status: method == .post ? .seeOther : .found,
            headerFields: [.location: location, .cacheControl: "no-store", .referrerPolicy: "no-referrer"]
        )
    }
}

extension Duration {
    /// RFC 9110 §10.2.3: rounded up, because a client that waits exactly this long must not come too early.
    var retryAfterSeconds: String {
        String(max(1, (self + .milliseconds(999)).wholeSeconds))
    }
}

extension OAuthError {
    /// A store is at its bound or the journal cannot be written: the client may try again, nothing was changed (TK-16).
    static let overloaded = OAuthError(
        .temporarilyUnavailable,
        "the server cannot process this request now",
        retryAfter: .seconds(5)
    )
}
