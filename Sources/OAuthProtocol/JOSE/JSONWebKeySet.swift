package import OpenSSLCrypto

/// RFC 7517 §5: JWK Set.
package struct JSONWebKeySet: Sendable, Equatable {
    /// The keys, in the order of the set.
    package var keys: [JSONWebKey]

    /// The most keys that another party's set may have.
    package static let keyCountMax = 100

    /// Makes a set.
    package init(keys: [JSONWebKey]) {
        self.keys = keys
    }

    /// Reads another party's set.
    ///
    /// Keys that do not verify supported signatures are skipped (RFC 7517 §5), and so are unsound and private ones,
    /// which must not be trusted.
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

    /// Reads another party's set from the member `jwks` of client metadata.
    ///
    /// - Throws: As ``init(parsing:)``.
    package init(_ json: JSONObject) throws(JOSEError) {
        guard let elements = json["keys"]?.arrayValue else { throw .malformed }
        guard elements.count <= JSONWebKeySet.keyCountMax else { throw .tooManyKeys }
        keys = elements.compactMap { element in
            // A refused key is treated as if it were not in the set; the reason is not needed.
            element.objectValue.flatMap { try? JSONWebKey($0) }
        }
    }

    /// The keys that may have signed a token with this `kid` and `alg`.
    ///
    /// If no key has the `kid`, keys without one match; a token without `kid` matches every key of its type.
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
