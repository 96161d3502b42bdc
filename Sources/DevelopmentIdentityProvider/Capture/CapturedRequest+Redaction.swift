package import OAuthProtocol

extension CapturedRequest {
    /// The parameters whose values are no secrets.
    private static let shown: Set<String> = [
        "grant_type", "response_type", "response_mode", "client_id", "redirect_uri", "scope", "user_scope", "resource",
        "audience", "prompt", "access_type", "code_challenge_method", "token_type_hint", "login_hint", "user",
        "decision",
    ]

    /// Method, path and parameters, with every value that may be a secret replaced.
    package var redacted: JSONObject {
        var json: JSONObject = [
            "endpoint": .string(endpoint.path), "method": .string(method), "path": .string(path),
            "time": .integer(Int(time.secondsSinceEpoch)), "query": .object(Self.redacted(query)),
            "form": .object(Self.redacted(form)),
        ]
        // The scheme says how the client authenticates; a value without one is a credential.
        if let parts = field("authorization")?.split(separator: " "), let scheme = parts.first {
            json["authorization"] = .string(parts.count > 1 ? "\(scheme) <redacted>" : "<redacted>")
        }
        return json
    }

    private static func redacted(_ parameters: FormParameters?) -> JSONObject {
        guard let parameters else { return [:] }
        return JSONObject(
            parameters.names.sorted().map { name in
                let value = shown.contains(name) ? parameters.values(name).joined(separator: ", ") : "<redacted>"
                return (name, JSONValue.string(value))
            }
        )
    }
}
