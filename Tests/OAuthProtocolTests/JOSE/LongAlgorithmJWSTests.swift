import OAuthProtocol
import OpenSSLCrypto
import Testing

@Suite("RFC 7515 Appendix A.4: the example with ES512")
struct LongAlgorithmJWSTests {
    @Test("P-15: a key of the RFC verifies its signature; a changed and a truncated one are refused")
    func example() throws {
        let key = try JSONWebKey([
            "kty": "EC", "crv": "P-521",
            "x": "AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk",
            "y": "ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2",
        ])
        let signature =
            "AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2"
            + "YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn"
        let token = "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA." + signature
        let genuine = try CompactJWS(parsing: token)
        #expect(genuine.isSigned(by: key))
        let changed = try CompactJWS(parsing: token.replacing("UGF5", with: "UGF6"))
        #expect(!changed.isSigned(by: key))
        let truncated = try CompactJWS(parsing: "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA." + String(signature.prefix(64)))
        #expect(!truncated.isSigned(by: key))
    }
}
