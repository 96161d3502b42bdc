package import OpenSSLCrypto

/// RFC 7517 §5: JWK Set.
package struct JSONWebKeySet: Sendable, Equatable {
    /// The keys, in the order of the set.
    package var keys: [JSONWebKey]

    /// The number of keys that a set of somebody else's may have.
    package static let keyCountMax = 100

    /// Makes a set.
    package init(keys: [JSONWebKey]) {
        self.keys = keys
    }

    /// Reads somebody else's set; keys that cannot verify signatures of ours are skipped (RFC 7517 §5), unsound and
    /// private ones too, since nobody may trust them.
    ///
    /// - Throws: ``JOSEError/malformed`` or ``JOSEError/tooManyKeys``.
    package init(parsing bytes: [UInt8]) throws(JOSEError) {
        let json: JSONObject
        do {
            json = try JSONParser.parseObject(bytes)
        } catch {
            throw .malformed
        }
        try self.init(json)
    }

    /// Reads somebody else's set, as the member `jwks` of client metadata holds it.
    ///
    /// - Throws: As ``init(parsing:)``.
    package init(_ json: JSONObject) throws(JOSEError) {
        guard let elements = json["keys"]?.arrayValue else { throw .malformed }
        guard elements.count <= JSONWebKeySet.keyCountMax else { throw .tooManyKeys }
        keys = elements.compactMap { element in
            // A key that is refused is a key that the set does not have: the reason is not needed.
            element.objectValue.flatMap { try? JSONWebKey($0) }
        }
    }

    /// The keys that may have signed a token with this `kid` and `alg`.
    ///
    /// A `kid` that no key bears fits keys without any; a token without `kid` fits every key of its type.
    package func candidates(keyID: String?, algorithm: SignatureAlgorithm) -> [JSONWebKey] {
        let suitable = keys.filter { $0.supports(algorithm) }
        guard let keyID else { return suitable }
        let named = suitable.filter { $0.keyID?.hasSameBytes(as: keyID) == true }
        return named.isEmpty ? suitable.filter { $0.keyID == nil } : named
    }

    /// The set as a JSON text, public members only (MD-9).
    package func serialized() -> [UInt8] {
        JSONObject([("keys", .array(keys.map { .object($0.json) }))]).serialized()
    }
}
