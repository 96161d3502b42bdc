import OAuthProtocol

/// RFC 7515 §3.1: the parts of a compact JWS, not verified.
struct TokenParts {
    let header: JSONObject
    let claims: JSONObject
    /// What is signed: the first two parts.
    let input: String
    let signature: [UInt8]

    /// Reads a token.
    ///
    /// - Throws: ``HarnessError`` when it has not three parts of Base64url, the first two JSON objects.
    init(_ token: String) throws(HarnessError) {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, let signature = Base64URL.decode(parts[2]) else {
            throw HarnessError("it is no JWT: it must have three parts of Base64url")
        }
        header = try Self.object(parts[0], "header")
        claims = try Self.object(parts[1], "payload")
        input = parts[0] + "." + parts[1]
        self.signature = signature
    }

    private static func object(_ part: String, _ name: String) throws(HarnessError) -> JSONObject {
        guard let bytes = Base64URL.decode(part) else { throw HarnessError("its \(name) is not Base64url") }
        do {
            return try JSONParser.parseObject(bytes)
        } catch {
            throw HarnessError("its \(name) is not a JSON object")
        }
    }
}
