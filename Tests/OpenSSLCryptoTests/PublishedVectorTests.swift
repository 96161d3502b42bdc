import OpenSSLCrypto
import Testing

/// RFC 7515 Appendix A, RFC 8037 Appendix A, RFC 8032 §7.1, RFC 6979 A.2.5: signatures that others published.
struct PublishedVectorTests {
    /// Checks a compact JWS, and that the signature belongs to every bit of the message.
    private func check(_ jws: String, with key: PublicKey, _ algorithm: SignatureAlgorithm) throws {
        let dot = try #require(jws.lastIndex(of: "."))
        let message = Array(jws[..<dot].utf8)
        let signature = base64url(String(jws[jws.index(after: dot)...]))
        #expect(key.isValidSignature(signature, for: message, using: algorithm))
        var altered = message
        altered[altered.count - 1] ^= 1
        #expect(!key.isValidSignature(signature, for: altered, using: algorithm))
        #expect(!key.isValidSignature(signature, for: Array(message.dropLast()), using: algorithm))
    }

    @Test func rs256OfRFC7515A2() throws {
        let key = try PublicKey(
            .rsa(
                modulus: base64url(
                    "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT"
                        + "-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KX"
                        + "BdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h"
                        + "9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"
                ),
                exponent: base64url("AQAB")
            )
        )
        let jws =
            "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290"
            + "Ijp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5"
            + "jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZ"
            + "RmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt"
            + "5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"
        try check(jws, with: key, .rs256)
    }

    @Test func es256OfRFC7515A3() throws {
        let key = try PublicKey(
            .p256(
                x: base64url("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"),
                y: base64url("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0")
            )
        )
        let jws =
            "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290"
            + "Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
        try check(jws, with: key, .es256)
    }

    @Test func edDSAOfRFC8037A4() throws {
        let key = try PublicKey(.ed25519(x: base64url("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")))
        let jws =
            "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR"
            + "4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
        try check(jws, with: key, .edDSA)
    }

    static let ed25519Cases: [(key: String, message: String, signature: String)] = [
        (
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
            """
            e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155
            5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b
            """
        ),
        (
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
            """
            92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da
            085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00
            """
        ),
        (
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
            """
            6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac
            18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a
            """
        ),
    ]

    @Test("RFC 8032 §7.1 tests 1 to 3", arguments: ed25519Cases.indices)
    func ed25519(index: Int) throws {
        let vector = Self.ed25519Cases[index]
        let key = try PublicKey(.ed25519(x: hex(vector.key)))
        let (message, signature) = (hex(vector.message), hex(vector.signature))
        #expect(key.isValidSignature(signature, for: message, using: .edDSA))
        #expect(!key.isValidSignature(signature, for: message + [0], using: .edDSA))
    }

    @Test(
        "RFC 6979 A.2.5, P-256 with SHA-256",
        arguments: [
            (
                "sample",
                "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716",
                "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8"
            ),
            (
                "test",
                "F1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367",
                "019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083"
            ),
        ]
    )
    func p256(message: String, r: String, s: String) throws {
        let key = try PublicKey(
            .p256(
                x: hex("60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6"),
                y: hex("7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299")
            )
        )
        #expect(key.isValidSignature(hex(r) + hex(s), for: message.bytes, using: .es256))
        #expect(!key.isValidSignature(hex(s) + hex(r), for: message.bytes, using: .es256))
    }
}
