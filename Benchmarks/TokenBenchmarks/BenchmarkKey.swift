import AuthorizationServer
import OAuthProtocol
import OpenSSLCrypto

/// A client's or an issuer's key with ES256, and what it signs; signing is no part of what is measured.
final class BenchmarkKey {
    private let privateKey: PrivateKey
    private let json: JSONObject
    /// Makes identifiers different from those of other keys.
    private let prefix = Base64URL.encode(SystemRandomSource().bytes(9))
    private var count = 0

    init() throws {
        privateKey = try PrivateKey.generate(.es256)
        json = JSONWebKey(publicKey: privateKey.publicKey, keyID: nil, algorithm: nil).json
    }

    /// RFC 7638.
    var thumbprint: KeyThumbprint { KeyThumbprint(of: privateKey.publicKey) }

    /// RFC 7517 §5: the set with the public half alone.
    var keySet: [UInt8] {
        var key = json
        key["kid"] = "key"
        key["alg"] = "ES256"
        return (["keys": [.object(key)]] as JSONObject).serialized()
    }

    /// RFC 9449 §4.2: a proof for the token endpoint.
    func proof(for url: String) throws -> String {
        try sign(["typ": "dpop+jwt", "jwk": .object(json)], ["htm": "POST", "htu": .string(url)])
    }

    /// A JWT with an identifier of its own, issued now.
    func sign(_ header: JSONObject, _ claims: JSONObject) throws -> String {
        count += 1
        var (header, claims) = (header, claims)
        header["alg"] = "ES256"
        claims["jti"] = .string("\(prefix)-\(count)")
        claims["iat"] = .integer(Int(SystemTimeSource().now().secondsSinceEpoch))
        let input = Base64URL.encode(header.serialized()) + "." + Base64URL.encode(claims.serialized())
        return input + "." + Base64URL.encode(try privateKey.signature(for: Array(input.utf8), using: .es256))
    }
}
