import OAuthProtocol

/// What Microsoft Entra says beside `error`: its numbers, the kind of remedy, and what a login must satisfy.
package struct EntraRemark: Hashable, Sendable {
    /// `error_codes`, of at most ten digits each, the most specific one last; at most four.
    let numbers: [Int]
    /// `claims`: the challenge that the next authorization request repeats.
    ///
    /// A JSON object of at most 1024 bytes, because the address of a connect link and a cookie carry it.
    package let claims: String?
    let isBeyondUsers: Bool

    /// The longest challenge that is kept, in bytes.
    package static let claimsByteCountMax = 1024

    /// The remark of an answer; `nil` for one that has nothing of it.
    init?(_ json: JSONObject) {
        numbers = (json["error_codes"]?.arrayValue ?? []).prefix(4).compactMap(\.integerValue)
            .filter { 1...9_999_999_999 ~= $0 }
        claims = json["claims"]?.stringValue.flatMap { text in
            guard text.utf8.count <= Self.claimsByteCountMax else { return nil }
            // What is no JSON object is no challenge. Written anew, it has nothing that an address could not carry.
            return (try? JSONParser.parseObject(Array(text.utf8))).map { $0.serializedString() }
        }
        // "The condition cannot be resolved at this time": there is nothing that the user could do.
        isBeyondUsers = json["suberror"]?.stringValue == "message_only"
        if numbers.isEmpty, claims == nil, !isBeyondUsers { return nil }
    }

    /// The code as Microsoft's documents name it: a number and no text of the provider's, so that it may be shown.
    package var code: String? { numbers.last.map { "AADSTS\($0)" } }
}

extension UpstreamError {
    /// The meaning of a refusal in the on-behalf-of flow, where `invalid_grant` says several things.
    var onBehalfOf: UpstreamError {
        guard code == .invalidGrant, let remark else { return self }
        // 50013, 500131: the assertion is not for our application. Another login would bring the same.
        if remark.numbers.contains(where: [50013, 500_131].contains) {
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
