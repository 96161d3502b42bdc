import OAuthProtocol
import OpenSSLCrypto

extension Format where Value == [String] {
    /// An issuer, or a list of issuers.
    static var issuers: Format {
        Format(
            "an issuer, or a list of issuers",
            schema: ["anyOf": [.object(.text), .object(.list(of: .text, countMin: 1))]],
            read: { cursor, _ in
                var issuers = cursor.isList ? cursor.strings() : nil
                if !cursor.isList, let single = cursor.string() { issuers = [single] }
                guard let issuers else { return nil }
                guard !issuers.isEmpty else { return cursor.refused("must name at least one issuer") }
                return issuers
            },
            write: { .strings($0) }
        )
    }
}

extension Format where Value == [SignatureAlgorithm] {
    /// A list of signature algorithms.
    static var algorithms: Format {
        let names = SignatureAlgorithm.verifiable.map(\.rawValue).sorted()
        return Format(
            "list of " + names.map { "`\($0)`" }.joined(separator: ", "),
            schema: .list(of: ["enum": .strings(names)], countMin: 1, isUnique: true),
            read: { cursor, _ in
                guard let texts = cursor.strings() else { return nil }
                guard !texts.isEmpty else { return cursor.refused("must name at least one algorithm") }
                var algorithms: [SignatureAlgorithm] = []
                for text in texts {
                    guard let algorithm = SignatureAlgorithm(joseName: text) else {
                        return cursor.refused("must be one of: " + names.joined(separator: ", "))
                    }
                    algorithms.append(algorithm)
                }
                return algorithms
            },
            write: { .strings($0.map(\.rawValue)) }
        )
    }
}

extension ConfigurationCursor {
    fileprivate var isList: Bool {
        if case .list = node.content { true } else { false }
    }
}
