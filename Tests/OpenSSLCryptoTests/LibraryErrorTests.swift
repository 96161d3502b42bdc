import Testing

@testable import OpenSSLCrypto

/// A refusal leaves nothing in the thread's error queue, where TLS would take it for a failure of its own connection.
struct LibraryErrorTests {
    /// Runs synchronously, so that operation and look at the queue are on one thread.
    private func leavesNothing<Result>(_ operation: () throws -> Result) -> Bool {
        _ = LibraryErrors.drain()
        // Whether it throws is other tests' matter; here only what it leaves behind counts.
        _ = try? operation()
        return LibraryErrors.drain() == nil
    }

    @Test("Reading keys, good or bad, leaves the queue empty")
    func keys() {
        let pems = [
            KeyFixtures.p256PKCS8, KeyFixtures.p256SEC1, KeyFixtures.p256WithParameters, KeyFixtures.rsaPKCS1,
            KeyFixtures.ed25519PKCS8, KeyFixtures.p384, KeyFixtures.rsa1024, KeyFixtures.encryptedPKCS8,
            KeyFixtures.mismatchedHalves, KeyFixtures.x25519, KeyFixtures.p256ExplicitParameters, "no key",
        ]
        for pem in pems { #expect(leavesNothing { try PrivateKey(pem: pem).pem }) }
        for pem in [KeyFixtures.p256Public, KeyFixtures.rsaPublic, KeyFixtures.p384Public, "no key"] {
            #expect(leavesNothing { try PublicKey(pem: pem).pem })
        }
        let one = [UInt8](repeating: 1, count: 32)
        #expect(leavesNothing { try PublicKey(.p256(x: one, y: one)) })
        #expect(leavesNothing { try PublicKey(.rsa(modulus: one, exponent: [3])) })
        #expect(leavesNothing { try PrivateKey.generate(.rs256) })
    }

    @Test("A refused signature leaves the queue empty", arguments: SignatureAlgorithm.allCases)
    func signatures(algorithm: SignatureAlgorithm) throws {
        let key = try PrivateKey.generate(algorithm)
        let signature = try key.signature(for: [1], using: algorithm)
        let wrong = [
            [], [0], signature + [0], [UInt8](repeating: 0xff, count: signature.count),
            [UInt8](repeating: 1, count: signature.count),
        ]
        for signature in wrong + [signature] {
            for other in SignatureAlgorithm.allCases {
                #expect(leavesNothing { key.publicKey.isValidSignature(signature, for: [2], using: other) })
            }
        }
        for other in SignatureAlgorithm.allCases {
            #expect(leavesNothing { try key.signature(for: [1], using: other) })
        }
    }

    @Test func refusedSealedBytesLeaveTheQueueEmpty() throws {
        let key = try AES256GCMKey([UInt8](repeating: 1, count: 32))
        let nonce = [UInt8](repeating: 1, count: 12)
        #expect(leavesNothing { try key.open([UInt8](repeating: 1, count: 40), nonce: nonce, authenticating: []) })
        #expect(leavesNothing { try key.open([], nonce: nonce, authenticating: []) })
        #expect(leavesNothing { try key.seal([], nonce: [], authenticating: []) })
    }

    @Test func anErrorLeftByOthersIsNotMistakenForOurs() {
        _ = try? PublicKey(pem: "no key")  // Fills and empties the queue.
        #expect(CryptoError.fromLibrary(.invalidKey, "detail") == CryptoError(.invalidKey, "detail"))
        #expect(CryptoError(.weakKey, "detail").description == "weakKey: detail")
    }
}
