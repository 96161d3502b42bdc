import HTTPTypes
import OAuthProtocol
import SocketHTTP

/// An endpoint's answer, before the scripted faults change its members.
enum Answer: Sendable {
    /// A JSON object; with `isForm` it is written as a form, as GitHub does unless the client asks for JSON.
    case members(JSONObject, status: HTTPResponse.Status = .ok, fields: HTTPFields = [:], isForm: Bool = false)
    /// A page, a redirect, or an empty answer.
    case response(Response)

    /// An OAuth error as JSON.
    static func error(_ error: OAuthError, status: HTTPResponse.Status? = nil, fields: HTTPFields = [:]) -> Answer {
        .members(error.json, status: status ?? HTTPResponse.Status(code: error.code.httpStatus), fields: fields)
    }

    /// The response.
    ///
    /// A success is changed as the script says; an error stays as it is.
    func response(with faults: ScriptedFaults) -> Response {
        switch self {
        case .response(let response): return response
        case .members(var members, let status, var fields, let isForm):
            if status.kind == .successful { faults.apply(toMembers: &members) }
            // RFC 6749 §5.1: answers with tokens must not be cached, and neither must those that faults may have
            // changed.
            fields[.cacheControl] = "no-store"
            if fields[.contentType] == nil {
                fields[.contentType] = isForm ? "application/x-www-form-urlencoded" : "application/json"
            }
            let body = isForm ? Array(Answer.form(members).utf8) : members.serialized()
            return Response(status: status, headerFields: fields, body: body)
        }
    }

    private static func form(_ members: JSONObject) -> String {
        FormParameters.serialize(
            members.members.map { name, value in (name, value.stringValue ?? value.serializedString()) }
        )
    }
}
