import OAuthProtocol
import OpenSSLCrypto

extension ConformanceCheck {
    static let accessTokens: [ConformanceCheck] = [
        ConformanceCheck(
            "RI-3",
            "RFC 8707 §2; MCP Authorization, Token Handling",
            "The access token's audience is the resource that was requested",
            since: .june2025
        ) { subject in
            guard let resource = subject.resource else {
                throw ConformanceStop.obstacle("no resource is known: use --resource")
            }
            let audience = try await token(subject).claims["aud"]
            let values = audience?.stringValue.map { [$0] } ?? audience?.stringArrayValue ?? []
            try expect(values == [resource], "aud is \(values)")
        },
        ConformanceCheck(
            "JW-1",
            "RFC 9068 §2.1, §2.2",
            "The access token has the profile's type and claims",
            level: .should
        ) {
            subject in
            let (jws, claims) = try await token(subject)
            try expect(jws.header.mediaType == "at+jwt", "typ is \(jws.header.type ?? "absent")")
            for name in ["iss", "exp", "aud", "sub", "client_id", "iat", "jti"] {
                try expect(claims[name] != nil, "\(name) is missing")
            }
            try expect(claims["iss"]?.stringValue == subject.issuer, "iss is not the issuer")
        },
        ConformanceCheck("MD-9", "RFC 9068 §4", "The access token is signed with a key of the key set") { subject in
            let jws = try await token(subject).jws
            let answer = try await subject.send("GET", subject.endpoint("jwks_uri"))
            guard let keys = try? JSONWebKeySet(parsing: answer.body) else {
                // Which member is wrong is another check's result.
                throw ConformanceStop.fault("the key set cannot be read")
            }
            let candidates = keys.candidates(keyID: jws.header.keyID, algorithm: jws.header.algorithm)
            try expect(!candidates.isEmpty, "no key of the set fits the token's kid and alg")
            try expect(candidates.contains(where: jws.isSigned(by:)), "the signature is not valid")
        },
        ConformanceCheck("JW-4", "RFC 6749 §5.1", "expires_in agrees with the token's exp", level: .should) { subject in
            let answer = try await subject.tokens()
            let claims = try read(answer).claims
            guard let lifetime = answer.json["expires_in"]?.integerValue, let end = claims["exp"]?.integerValue,
                let start = claims["iat"]?.integerValue
            else { throw ConformanceStop.obstacle("expires_in, exp or iat is missing") }
            try expect(abs(end - start - lifetime) <= 5, "expires_in is \(lifetime), exp - iat is \(end - start)")
        },
        ConformanceCheck("JW-2", "RFC 9068 §5", "The token's subject is not the client's id") { subject in
            let claims = try await token(subject).claims
            let sub = claims["sub"]?.stringValue
            try expect(sub != nil, "sub is missing")
            try expect(sub != (try subject.mainClient().id), "sub is the client_id")
        },
    ]

    private static func token(_ subject: ConformanceSubject) async throws -> (jws: CompactJWS, claims: JSONObject) {
        try read(try await subject.tokens())
    }

    private static func read(
        _ answer: ConformanceAnswer
    ) throws(ConformanceStop) -> (jws: CompactJWS, claims: JSONObject) {
        do {
            let jws = try CompactJWS(parsing: answer.json["access_token"]?.stringValue ?? "")
            return (jws, try JSONWebToken.unverifiedClaims(of: jws))
        } catch {
            throw .obstacle("the access token is not a signed JWT of a known kind")
        }
    }
}
