package import OpenSSLCrypto

/// RFC 7515 §4: the header of a signed token, reduced to the parameters that may be used before the signature is
/// verified.
package struct JOSEHeader: Sendable, Hashable {
    /// How the token is signed; a supported algorithm, never `none` or HMAC.
    package let algorithm: SignatureAlgorithm
    /// Which of the issuer's keys signed it.
    package let keyID: String?
    /// The `typ` as it was written.
    package let type: String?

    /// The longest header in bytes.
    static let byteCountMax = 4_096
    /// The longest `kid` (D-31).
    static let keyIDByteCountMax = 256
    /// The longest `typ`.
    static let typeByteCountMax = 128

    /// Makes a header to sign with.
    init(algorithm: SignatureAlgorithm, keyID: String?, type: String?) {
        self.algorithm = algorithm
        self.keyID = keyID
        self.type = type
    }

    /// Reads a decoded header.
    ///
    /// - Throws: ``JOSEError`` naming the parameter that was refused.
    package init(parsing bytes: [UInt8]) throws(JOSEError) {
        self = try JOSEHeader.read(bytes, refused: JOSEHeader.refusedParameters).header
    }

    /// Reads the decoded header of a token that must contain its signer's key, and the key.
    ///
    /// - Throws: As ``init(parsing:)``, and ``JOSEError/invalidHeader(_:)`` without a key.
    static func withKey(parsing bytes: [UInt8]) throws(JOSEError) -> (header: JOSEHeader, key: JSONObject) {
        let (header, json) = try read(bytes, refused: refusedParameters.filter { $0 != "jwk" })
        guard let key = json["jwk"]?.objectValue else { throw .invalidHeader("jwk") }
        return (header, key)
    }

    private static func read(
        _ bytes: [UInt8],
        refused: [String]
    ) throws(JOSEError) -> (header: JOSEHeader, json: JSONObject) {
        guard bytes.count <= JOSEHeader.byteCountMax else { throw .tooLarge }
        let json: JSONObject
        do {
            json = try JSONParser.parseObject(bytes, limits: JSONLimits(depth: 8, memberCount: 50))
        } catch {
            throw .malformed
        }
        try JOSEHeader.checkRefusedParameters(json, refused)
        let keyID = try JOSEHeader.shortText("kid", of: json, byteCountMax: JOSEHeader.keyIDByteCountMax)
        let type = try JOSEHeader.shortText("typ", of: json, byteCountMax: JOSEHeader.typeByteCountMax)
        guard let name = json["alg"]?.stringValue else { throw .invalidHeader("alg") }
        guard let algorithm = SignatureAlgorithm(joseName: name) else { throw .unsupportedAlgorithm }
        return (JOSEHeader(algorithm: algorithm, keyID: keyID, type: type), json)
    }

    /// The `typ` in its short, lower-case form (RFC 7515 §4.1.9: media types compare without case, `application/` may
    /// be left out).
    package var mediaType: String? {
        guard let type = type?.lowercased() else { return nil }
        let prefix = "application/"
        guard type.hasPrefix(prefix), !type.dropFirst(prefix.count).contains("/") else { return type }
        return String(type.dropFirst(prefix.count))
    }

    /// The header as the first segment of a token, in ASCII bytes.
    func encoded() -> [UInt8] {
        var json: JSONObject = ["alg": .string(algorithm.rawValue)]
        json["kid"] = keyID.map(JSONValue.string)
        json["typ"] = type.map(JSONValue.string)
        return Base64URL.encodedBytes(json.serialized())
    }

    private static let refusedParameters = ["crit", "b64", "enc", "zip", "jwk", "x5c"]

    private static func checkRefusedParameters(_ json: JSONObject, _ refused: [String]) throws(JOSEError) {
        // RFC 7515 §4.1.11: none of our tokens uses an extension that must be understood (D-33). `b64` changes what is
        // signed (RFC 7797), `enc` and `zip` belong to encrypted tokens and decompression bombs. An embedded `jwk` or
        // `x5c` lets the sender choose the key (RFC 8725 §3.10, D-32).
        for name in refused where json[name] != nil {
            throw .unsupportedHeader(name)
        }
        // RFC 7519 §5.2: a nested token.
        if let content = json["cty"] {
            guard let content = content.stringValue else { throw .invalidHeader("cty") }
            guard content.lowercased() != "jwt" else { throw .unsupportedHeader("cty") }
        }
        // `jku` and `x5u`, URLs of keys, are ignored: some providers send them, and nothing here fetches or reads them.
    }

    /// A string of printable ASCII: a `kid` may be logged or looked up, where control characters do harm.
    static func shortText(
        _ name: String,
        of json: JSONObject,
        byteCountMax: Int
    ) throws(JOSEError) -> String? {
        guard let value = json[name] else { return nil }
        guard let text = value.stringValue, 1...byteCountMax ~= text.utf8.count,
            text.utf8.allSatisfy({ 0x20...0x7E ~= $0 })
        else { throw .invalidHeader(name) }
        return text
    }
}

extension SignatureAlgorithm {
    /// The algorithm with a JOSE name; RFC 9864 §2.2 also gives `EdDSA` with this curve the fully specified name
    /// `Ed25519`.
    package init?(joseName: String) {
        if joseName == "Ed25519" {
            self = .edDSA
        } else {
            self.init(rawValue: joseName)
        }
    }
}
