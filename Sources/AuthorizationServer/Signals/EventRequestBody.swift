import HTTPTypes
import OAuthProtocol
import OAuthState
import SocketHTTP

/// The body of a receiver's request: a JSON object of a bounded size.
enum EventRequestBody {
    /// Reads it.
    ///
    /// - Throws: `invalid_request` for another Content-Type or anything but an object.
    static func object(_ request: Request) throws(OAuthError) -> JSONObject {
        let contentTypes = request.values(of: .contentType)
        guard contentTypes.count == 1, FormBody.mediaType(contentTypes[0]) == "application/json" else {
            throw OAuthError(.invalidRequest, "Content-Type must be application/json")
        }
        do {
            return try JSONParser.parseObject(request.body)
        } catch {
            throw OAuthError(.invalidRequest, "the body must be a JSON object without repeated members")
        }
    }

    /// The stream that a body names.
    ///
    /// - Throws: `invalid_request` without `stream_id`.
    static func stream(_ body: JSONObject) throws(OAuthError) -> EventStreamID? {
        guard let text = body["stream_id"]?.stringValue else {
            throw OAuthError(.invalidRequest, "stream_id is required")
        }
        return EventStreamID(text)
    }

    /// A text of bounded length; `nil` without one.
    ///
    /// - Throws: `invalid_request` for another type, or a longer one.
    static func text(_ name: String, in body: JSONObject) throws(OAuthError) -> String? {
        guard let value = body[name], value != .null else { return nil }
        guard let text = value.stringValue, text.utf8.count <= 1024 else {
            throw OAuthError(.invalidRequest, "\(name) must be a string of at most 1024 bytes")
        }
        return text
    }
}

extension Response {
    /// A stream that does not exist, or is another receiver's.
    static let noSuchStream = Response.json(
        OAuthError(.invalidRequest, "there is no such stream").json.serialized(),
        status: .notFound
    )
}
