import OAuthProtocol
import SocketHTTP

// The formats of what a host looks up: addresses, secrets and files.

extension Format where Value == SocketAddress {
    /// An address to bind.
    static var listenAddress: Format {
        Format(
            "`IP:PORT`",
            schema: ["type": "string"],
            read: { cursor, _ in cursor.listenAddress() },
            write: { .string($0.description) }
        )
    }
}

extension Format where Value == AddressRange {
    /// An address or a block of them.
    static var addressRange: Format {
        Format(
            "address or block, such as `10.0.0.0/8`",
            schema: ["type": "string"],
            read: { cursor, _ in cursor.addressRange() },
            write: { .string($0.description) }
        )
    }
}

/// Returns what takes the place of a secret's reference, from the key's path and what the secret must be.
package typealias SecretReplacement = (String, SecretReference, SecretContent) -> SecretReference

/// What a secret must be, beyond text.
package enum SecretContent: Hashable, Sendable {
    /// Any text that is not empty.
    case text
    /// What callers present to us: too long for anybody to guess.
    case credential
    /// The same, without a key that permits a short one.
    case longCredential
    /// A key that seals the storage.
    case storageKey
}

extension Format where Value == SecretReference {
    /// Where a secret is kept.
    static func secret(holding content: SecretContent = .text) -> Format {
        Format(
            read: { cursor, _, _ in cursor.secret() },
            write: { _ in nil },
            shape: { _ in .secret },
            replaceSecrets: { path, reference, replace in reference = replace(path, reference, content) }
        )
    }
}

extension Format where Value == SecretReference {
    /// Where a secret is kept, or a list of several while one takes the other's place.
    static func secrets(holding content: SecretContent = .text) -> Format {
        let one = secret(holding: content)
        return Format(
            read: { cursor, _, _ in cursor.secrets() },
            write: { _ in nil },
            shape: { _ in .secrets },
            replaceSecrets: { path, reference, replace in
                guard case .anyOf(var references) = reference else {
                    return one.replaceSecrets(path, &reference, replace)
                }
                for index in references.indices {
                    one.replaceSecrets("\(path)[\(index)]", &references[index], replace)
                }
                reference = .anyOf(references)
            }
        )
    }
}

/// A file that a configuration names.
package struct ConfiguredFile: Hashable, Sendable {
    /// What the file must hold.
    package enum Content: Hashable, Sendable {
        /// One identity's certificates or key, which are checked together with the section that names both.
        case tlsIdentity
        /// PEM certificates.
        case certificates
        /// One PEM private key that signs.
        case signingKey
        /// A picture for the pages, which the host reads into the configuration.
        case logo
    }

    /// The key's path.
    package var key: String

    /// The file's path.
    package var path: String

    /// What the file must hold.
    package var content: Content
}

extension Format where Value == String {
    /// The path of a file that the server reads.
    static func file(holding content: ConfiguredFile.Content) -> Format {
        let path = text("path")
        return Format(
            read: path.read,
            write: path.write,
            shape: path.shape,
            files: { key, file in [ConfiguredFile(key: key, path: file, content: content)] }
        )
    }
}

extension Format where Value == LogoFile {
    /// The path of a picture for the pages.
    static var logo: Format {
        let path = Format<String>.file(holding: .logo)
        return Format(
            read: { cursor, _, context in path.read(cursor, nil, context).map { LogoFile(path: $0) } },
            write: { path.write($0.path) },
            shape: { path.shape($0?.path) },
            files: { key, file in path.files(key, file.path) }
        )
    }
}
