import OAuthProtocol

/// What Microsoft Entra says beside `error`: its number, the kind of remedy, and what a login must satisfy.
package struct EntraRemark: Hashable, Sendable {
    /// The number of `error_codes`, at most ten digits; without other text of the provider's, so that it may be shown.
    package let number: Int?
    /// `claims`: the challenge that the next authorization request repeats, a JSON object of at most 2048 bytes.
    package let claims: String?
    let isBeyondUsers: Bool

    /// The longest challenge that is kept, in bytes.
    package static let claimsByteCountMax = 2048

    /// The remark of an answer; `nil` for one that has nothing of it.
    init?(_ json: JSONObject) {
        number = json["error_codes"]?.arrayValue?.first?.integerValue.flatMap { 1...9_999_999_999 ~= $0 ? $0 : nil }
        claims = json["claims"]?.stringValue.flatMap { text in
            guard text.utf8.count <= Self.claimsByteCountMax else { return nil }
            // What is no JSON object is no challenge. Written anew, it has nothing that an address could not carry.
            return (try? JSONParser.parseObject(Array(text.utf8))).map { $0.serializedString() }
        }
        // "The condition cannot be resolved at this time": there is nothing that the user could do.
        isBeyondUsers = json["suberror"]?.stringValue == "message_only"
        if number == nil, claims == nil, !isBeyondUsers { return nil }
    }

    /// The code as Microsoft's documents name it.
    package var code: String? { number.map { "AADSTS\($0)" } }
}

extension UpstreamError {
    /// The meaning of a refusal in the on-behalf-of flow, where `invalid_grant` says several things.
    var onBehalfOf: UpstreamError {
        guard code == .invalidGrant, let remark else { return self }
        // 50013, 500131: the assertion is not for our application. Another login would bring the same.
        if [50013, 500_131].contains(remark.number) {
            return replacing(.misconfigured, "the access token is not for our application: ask for a scope of its own")
        }
        return remark.isBeyondUsers && remark.claims == nil
            ? replacing(.accessDenied, "a policy of the provider refuses the user") : self
    }

    private func replacing(_ code: Code, _ reason: String) -> UpstreamError {
        var error = UpstreamError(code, reason)
        error.words = words
        error.remark = remark
        return error
    }
}
