internal import COpenSSL

/// Owns an OpenSSL key; releases it once, private parts overwritten, when the last reference is gone.
@safe
final class NativeKey: Sendable {
    // SAFETY: the key is never changed after `init`; OpenSSL allows any number of threads to use such an EVP_PKEY at
    // once and guards its internal caches (RSA blinding, Montgomery forms) itself.
    nonisolated(unsafe) let pointer: OpaquePointer

    /// Takes ownership of a key that OpenSSL made.
    init(owning pointer: OpaquePointer) {
        unsafe self.pointer = pointer
    }

    deinit { unsafe EVP_PKEY_free(pointer) }

    /// The kind of the key; throws `unsupportedKey` for kinds that are not used here.
    var kind: KeyKind {
        get throws(CryptoError) {
            if unsafe EVP_PKEY_is_a(pointer, "EC") == 1 {
                let curves: [String: KeyKind] = ["prime256v1": .p256, "secp384r1": .p384, "secp521r1": .p521]
                guard let kind = groupName.flatMap({ curves[$0] }) else { throw wrongCurve }
                // RFC 5480 §2.1.1: the curve is given by name. Explicit numbers can describe P-256 with another
                // generator (CVE-2020-0601).
                guard !isCurveSpeltOut else {
                    throw CryptoError(.unsupportedKey, "the key describes its curve by numbers instead of naming it")
                }
                return kind
            }
            if unsafe EVP_PKEY_is_a(pointer, "ED25519") == 1 { return .ed25519 }
            if unsafe EVP_PKEY_is_a(pointer, "RSA") == 1 { return .rsa }
            let name = unsafe EVP_PKEY_get0_type_name(pointer).map { unsafe String(cString: $0) }
            throw CryptoError(.unsupportedKey, "keys of type \(name ?? "unknown") are not supported")
        }
    }

    /// The kind of a key of this server or of its clients, which uses P-256 only; throws as ``kind`` does.
    var ownKind: KeyKind {
        get throws(CryptoError) {
            let kind = try kind
            guard kind != .p384, kind != .p521 else { throw wrongCurve }
            return kind
        }
    }

    private var wrongCurve: CryptoError {
        CryptoError(.unsupportedKey, "the elliptic curve is not P-256 but \(groupName ?? "unnamed")")
    }

    private var isCurveSpeltOut: Bool {
        var isExplicit: Int32 = 0
        guard unsafe EVP_PKEY_get_int_param(pointer, "decoded-from-explicit", &isExplicit) == 1 else {
            _ = LibraryErrors.drain()
            return true
        }
        return isExplicit != 0
    }

    private var groupName: String? {
        unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 80) { name in
            var length = 0
            guard let start = name.baseAddress,
                unsafe EVP_PKEY_get_group_name(pointer, start, name.count, &length) == 1
            else {
                _ = LibraryErrors.drain()
                return nil
            }
            return unsafe String(cString: start)
        }
    }
}

extension NativeKey {
    /// The public half as numbers.
    func components(of kind: KeyKind) throws(CryptoError) -> PublicKey.Components {
        switch kind {
        case .p256:
            let count = ECDSASignatureEncoding.p256.integerByteCount
            return .p256(x: try integer("qx", paddedTo: count), y: try integer("qy", paddedTo: count))
        case .p384:
            let count = ECDSASignatureEncoding.p384.integerByteCount
            return .p384(x: try integer("qx", paddedTo: count), y: try integer("qy", paddedTo: count))
        case .p521:
            let count = ECDSASignatureEncoding.p521.integerByteCount
            return .p521(x: try integer("qx", paddedTo: count), y: try integer("qy", paddedTo: count))
        case .ed25519:
            return .ed25519(x: try rawPublicKey())
        case .rsa:
            return .rsa(modulus: try integer("n"), exponent: try integer("e"))
        }
    }

    /// An integer of the key, big-endian, without leading zeros unless `paddedTo` asks for a fixed length.
    private func integer(_ name: String, paddedTo fixedCount: Int? = nil) throws(CryptoError) -> [UInt8] {
        var number: OpaquePointer?
        defer { unsafe BN_free(number) }
        guard unsafe EVP_PKEY_get_bn_param(pointer, name, &number) == 1 else {
            throw CryptoError.fromLibrary(.invalidKey, "the key has no \(name)")
        }
        let count = unsafe fixedCount ?? (Int(BN_num_bits(number)) + 7) / 8
        var bytes = [UInt8](repeating: 0, count: count)
        guard unsafe BN_bn2binpad(number, &bytes, Int32(count)) == Int32(count) else {
            throw CryptoError.fromLibrary(.invalidKey, "the key's \(name) is too long")
        }
        return bytes
    }

    private func rawPublicKey() throws(CryptoError) -> [UInt8] {
        var count = PublicKey.ed25519ByteCount
        var bytes = [UInt8](repeating: 0, count: count)
        guard unsafe EVP_PKEY_get_raw_public_key(pointer, &bytes, &count) == 1, count == bytes.count else {
            throw CryptoError.fromLibrary(.invalidKey, "the key has no public half")
        }
        return bytes
    }
}
