import OpenSSLCrypto
import Testing

/// Our signatures, keys and sealed bytes against Python's `cryptography`, both ways (JW-5).
///
/// It links an OpenSSL of its own and encodes JOSE signatures by itself.
struct IndependentLibraryTests {
    struct SignedMessage: Codable, Sendable {
        let algorithm: String
        let privateKey: String
        let publicKey: String
        let message: String
        let signature: String
    }

    struct SealedText: Codable, Sendable {
        let key: String
        let nonce: String
        let authenticating: String
        let plaintext: String
        let sealed: String
    }

    struct Derivation: Codable, Sendable {
        let secret: String
        let salt: String
        let info: String
        let derived: String
        let authenticationCode: String
    }

    private static let messageLengths = [0, 1, 55, 56, 64, 400, 5000]

    private static let verifyingProgram = """
        import json, sys
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec, padding, utils
        H = hashes.SHA256()
        def verify(key, algorithm, signature, message):
            if algorithm == "ES256":
                if len(signature) != 64: return False
                r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
                arguments = (utils.encode_dss_signature(r, s), message, ec.ECDSA(H))
            elif algorithm == "EdDSA": arguments = (signature, message)
            elif algorithm == "RS256": arguments = (signature, message, padding.PKCS1v15(), H)
            else: arguments = (signature, message, padding.PSS(padding.MGF1(H), 32), H)
            try: key.verify(*arguments)
            except InvalidSignature: return False
            return True
        answers = []
        for case in json.load(sys.stdin):
            message, signature = bytes.fromhex(case["message"]), bytes.fromhex(case["signature"])
            public = serialization.load_pem_public_key(case["publicKey"].encode())
            private = serialization.load_pem_private_key(case["privateKey"].encode(), None)
            altered = bytes([signature[0] ^ 1]) + signature[1:]
            answers.append([private.public_key() == public,
                verify(public, case["algorithm"], signature, message),
                not verify(public, case["algorithm"], signature, message + b"x"),
                not verify(public, case["algorithm"], altered, message)])
        json.dump(answers, sys.stdout)
        """

    @Test("Ours verified by them", arguments: SignatureAlgorithm.allCases)
    func signaturesOfOurs(algorithm: SignatureAlgorithm) async throws {
        let key = try PrivateKey.generate(algorithm)
        let cases = try Self.messageLengths.map { length in
            let message = SystemRandomSource().bytes(length)
            return SignedMessage(
                algorithm: algorithm.rawValue,
                privateKey: try key.pem,
                publicKey: key.publicKey.pem,
                message: hex(message),
                signature: hex(try key.signature(for: message, using: algorithm))
            )
        }
        let answers: [[Bool]] = try await PythonEnvironment().answer(of: Self.verifyingProgram, to: cases)
        #expect(answers == Self.messageLengths.map { _ in [true, true, true, true] })
    }

    private static let signingProgram = """
        import json, os, sys
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils
        H = hashes.SHA256()
        P, F = serialization.Encoding.PEM, serialization.PrivateFormat
        keys = {"ES256": ec.generate_private_key(ec.SECP256R1()), "EdDSA": ed25519.Ed25519PrivateKey.generate(),
            "RS256": rsa.generate_private_key(65537, 2048), "PS256": rsa.generate_private_key(3, 3072)}
        def sign(key, algorithm, message):
            if algorithm == "ES256":
                r, s = utils.decode_dss_signature(key.sign(message, ec.ECDSA(H)))
                return r.to_bytes(32, "big") + s.to_bytes(32, "big")
            if algorithm == "EdDSA": return key.sign(message)
            if algorithm == "RS256": return key.sign(message, padding.PKCS1v15(), H)
            return key.sign(message, padding.PSS(padding.MGF1(H), 32), H)
        lengths, answers = json.load(sys.stdin), []
        for algorithm, key in keys.items():
            form = F.PKCS8 if algorithm == "EdDSA" else F.TraditionalOpenSSL
            for message in map(os.urandom, lengths):
                answers.append({"algorithm": algorithm, "message": message.hex(),
                    "privateKey": key.private_bytes(P, form, serialization.NoEncryption()).decode(),
                    "publicKey": key.public_key().public_bytes(
                        P, serialization.PublicFormat.SubjectPublicKeyInfo).decode(),
                    "signature": sign(key, algorithm, message).hex()})
        json.dump(answers, sys.stdout)
        """

    @Test func theirSignaturesVerifiedByUs() async throws {
        let cases: [SignedMessage] = try await PythonEnvironment()
            .answer(of: Self.signingProgram, to: Self.messageLengths)
        #expect(cases.count == SignatureAlgorithm.allCases.count * Self.messageLengths.count)
        for signed in cases {
            let algorithm = try #require(SignatureAlgorithm(rawValue: signed.algorithm))
            let key = try PublicKey(pem: signed.publicKey)
            let (message, signature) = (hex(signed.message), hex(signed.signature))
            #expect(key.isValidSignature(signature, for: message, using: algorithm), "\(algorithm)")
            #expect(!key.isValidSignature(signature, for: message + [0], using: algorithm), "\(algorithm)")
            #expect(try PrivateKey(pem: signed.privateKey).publicKey == key, "\(algorithm)")
        }
    }

    private static let symmetricProgram = """
        import hmac, json, os, sys
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF
        question, answer = json.load(sys.stdin), {"opened": [], "sealed": [], "derived": []}
        for case in question["sealed"]:
            key, nonce, context, sealed = (
                bytes.fromhex(case[name]) for name in ("key", "nonce", "authenticating", "sealed"))
            answer["opened"].append(AESGCM(key).decrypt(nonce, sealed, context).hex())
        for length in question["lengths"]:
            key, nonce, context, text = (os.urandom(count) for count in (32, 12, length % 70, length))
            answer["sealed"].append({"key": key.hex(), "nonce": nonce.hex(), "authenticating": context.hex(),
                "plaintext": text.hex(), "sealed": AESGCM(key).encrypt(nonce, text, context).hex()})
            answer["derived"].append({"secret": text.hex(), "salt": key.hex(), "info": context.hex(),
                "derived": HKDF(hashes.SHA256(), length + 1, key, context).derive(text).hex(),
                "authenticationCode": hmac.digest(text, key, "sha256").hex()})
        json.dump(answer, sys.stdout)
        """

    private struct SymmetricQuestion: Encodable {
        let lengths: [Int]
        let sealed: [SealedText]
    }

    private struct SymmetricAnswer: Decodable {
        let opened: [String]
        let sealed: [SealedText]
        let derived: [Derivation]
    }

    @Test func sealedBytesAndDerivedKeysBothWays() async throws {
        let random = SystemRandomSource()
        let ours = try Self.messageLengths.map { length in
            let (key, nonce, context) = (random.bytes(32), random.bytes(12), random.bytes(length % 70))
            let text = random.bytes(length)
            return SealedText(
                key: hex(key),
                nonce: hex(nonce),
                authenticating: hex(context),
                plaintext: hex(text),
                sealed: hex(try AES256GCMKey(key).seal(text, nonce: nonce, authenticating: context))
            )
        }
        let answer: SymmetricAnswer = try await PythonEnvironment()
            .answer(of: Self.symmetricProgram, to: SymmetricQuestion(lengths: Self.messageLengths, sealed: ours))
        #expect(answer.opened == ours.map(\.plaintext))
        #expect(answer.sealed.count == ours.count)
        for theirs in answer.sealed {
            let opened = try AES256GCMKey(hex(theirs.key))
                .open(hex(theirs.sealed), nonce: hex(theirs.nonce), authenticating: hex(theirs.authenticating))
            #expect(hex(opened) == theirs.plaintext)
        }
        #expect(answer.derived.count == ours.count)
        for theirs in answer.derived {
            let (secret, salt, count) = (hex(theirs.secret), hex(theirs.salt), theirs.derived.utf8.count / 2)
            let derived = HKDFSHA256.derive(secret: secret, salt: salt, info: hex(theirs.info), count: count)
            #expect(hex(derived) == theirs.derived)
            #expect(hex(HMACSHA256Key(secret).authenticationCode(for: salt).bytes) == theirs.authenticationCode)
        }
    }
}
