import OAuthProtocol
import OpenSSLCrypto
import Testing

/// The examples of RFC 7515, RFC 7638 and RFC 8037.
struct RFCVectorTests {
    private static let payload =
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"

    private static let rsaKey: JSONObject = [
        "kty": "RSA", "e": "AQAB",
        "n": """
        ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pC\
        gNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg6\
        65xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRW\
        yuXpoQ
        """,
    ]

    private static let ecKey: JSONObject = [
        "kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    ]

    private static let edKey: JSONObject = [
        "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    ]

    private static let rs256 = """
        eyJhbGciOiJSUzI1NiJ9.\(payload).cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF\
        5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K\
        0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5A\
        XLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw
        """

    private static let es256 = """
        eyJhbGciOiJFUzI1NiJ9.\(payload).\
        DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q
        """

    private static let edDSA = """
        eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.\
        hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg
        """

    @Test(
        "RFC 7515 A.2 and A.3, RFC 8037 A.4: the signature is the key's, and no other's",
        arguments: [
            (rs256, rsaKey, SignatureAlgorithm.rs256), (es256, ecKey, .es256), (edDSA, edKey, .edDSA),
        ]
    )
    func verifies(token: String, key: JSONObject, algorithm: SignatureAlgorithm) throws {
        let jws = try CompactJWS(parsing: token)
        #expect(jws.header.algorithm == algorithm)
        #expect(jws.header.keyID == nil && jws.header.type == nil)
        #expect(jws.isSigned(by: try JSONWebKey(key)))
        for other in [RFCVectorTests.rsaKey, RFCVectorTests.ecKey, RFCVectorTests.edKey] where other != key {
            #expect(!jws.isSigned(by: try JSONWebKey(other)))
        }
        // Any changed byte of what is signed or of the signature breaks it.
        for index in token.indices where token[index] != "." {
            var forged = token
            forged.replaceSubrange(index...index, with: token[index] == "A" ? "B" : "A")
            guard let parsed = try? CompactJWS(parsing: forged) else { continue }
            #expect(!parsed.isSigned(by: try JSONWebKey(key)))
        }
    }

    @Test("RFC 7515 A.2: the claims")
    func claims() throws {
        let keys = JSONWebKeySet(keys: [try JSONWebKey(RFCVectorTests.rsaKey)])
        let claims = try JSONWebToken.verified(RFCVectorTests.rs256, keys: keys, algorithms: [.rs256], types: [nil])
        #expect(claims == ["iss": "joe", "exp": 1_300_819_380, "http://example.com/is_root": true])
    }

    @Test("RFC 7638 §3.1, RFC 8037 A.3: thumbprints")
    func thumbprints() throws {
        let key: JSONObject = [
            "kty": "RSA", "e": "AQAB", "alg": "RS256", "kid": "2011-04-29",
            "n": """
            0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3\
            oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdA\
            ZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-\
            kEgU8awapJzKnqDKgw
            """,
        ]
        #expect(
            JSONWebKey.thumbprint(of: try JSONWebKey(key).publicKey) == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
        )
        #expect(
            JSONWebKey.thumbprint(of: try JSONWebKey(RFCVectorTests.edKey).publicKey)
                == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
        )
    }

    @Test(
        "RFC 7515 A.1, A.5, RFC 7516 A.1: HMAC, none and encrypted tokens are refused",
        arguments: [
            (
                "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.\(payload).dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
                JOSEError.unsupportedAlgorithm
            ),
            ("eyJhbGciOiJub25lIn0.\(payload).", .malformed),
            ("eyJhbGciOiJub25lIn0.\(payload).AA", .unsupportedAlgorithm),
            ("eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ.AAAA.AAAA.AAAA.AAAA", .malformed),
            ("eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ.AAAA.AAAA", .unsupportedHeader("enc")),
        ]
    )
    func refuses(token: String, expected: JOSEError) {
        #expect(refusal { _ = try CompactJWS(parsing: token) } == expected)
    }
}
