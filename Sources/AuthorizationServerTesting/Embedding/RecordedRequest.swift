import OAuthProtocol

/// A request that an identity provider has received; every value that may be a secret is `<redacted>`.
public struct RecordedRequest: Sendable, Hashable {
    /// The path of the endpoint, such as `/token`.
    public let endpoint: String
    /// The HTTP method.
    public let method: String
    /// When it arrived, by the server's clock, in seconds since 1970.
    public let time: Int
    /// The parameters of the query.
    public let query: [String: String]
    /// The parameters of a form body.
    public let form: [String: String]
    /// The scheme of the `Authorization` field with `<redacted>`; `nil` without the field.
    public let authorization: String?

    init(_ json: JSONObject) {
        endpoint = json["endpoint"]?.stringValue ?? ""
        method = json["method"]?.stringValue ?? ""
        time = json["time"]?.integerValue ?? 0
        query = Self.texts(json["query"])
        form = Self.texts(json["form"])
        authorization = json["authorization"]?.stringValue
    }

    /// A parameter of the form or otherwise of the query.
    public subscript(parameter: String) -> String? { form[parameter] ?? query[parameter] }

    private static func texts(_ value: JSONValue?) -> [String: String] {
        Dictionary((value?.objectValue?.members ?? []).map { ($0.name, $0.value.stringValue ?? "") }) { $1 }
    }
}

/// A request that the server has answered, without parameters and fields.
public struct AnsweredRequest: Sendable, Hashable {
    /// The route, such as `token`, `authorize` or `introspect`.
    public let route: String
    /// The HTTP method.
    public let method: String
    /// The status of the answer.
    public let status: Int
    /// When it was answered, by the server's clock, in seconds since 1970.
    public let time: Int
    /// The id that the log and the answer's `X-Request-Id` have.
    public let requestID: String?

    init(_ json: JSONObject) {
        route = json["route"]?.stringValue ?? ""
        method = json["method"]?.stringValue ?? ""
        status = json["status"]?.integerValue ?? 0
        time = json["time"]?.integerValue ?? 0
        requestID = json["request_id"]?.stringValue
    }
}
