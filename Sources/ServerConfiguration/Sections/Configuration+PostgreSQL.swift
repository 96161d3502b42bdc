import OAuthProtocol

extension Configuration {
    /// The PostgreSQL database in which one or more nodes keep their state.
    package struct PostgreSQL: Hashable, Sendable {
        /// Where the database is, as a connection URI of libpq, without a password.
        package var url: String

        /// The password of the database's user, or `nil` when the database asks for none.
        package var password: SecretReference?

        /// The path of the PEM file with the authorities that may certify the server, or `nil` for the system's.
        package var caFile: String?

        /// How many connections this node opens at most, if the operator says so.
        package var pool: Int?

        /// How long a start waits for a database that does not answer, if the operator says so.
        package var startTimeout: Duration?

        /// How long a start waits for a database that does not answer.
        package var startWait: Duration { startTimeout ?? .seconds(60) }

        /// How many connections this node opens at most.
        package var connectionCount: Int { pool ?? 8 }

        /// Makes the defaults for a database at this address.
        package init(url: String) {
            self.url = url
        }
    }
}

extension Configuration.PostgreSQL {
    static let keys = KeySection(Self(url: "")) {
        Key(
            "url",
            \.url,
            .text("`postgresql://USER@HOST:PORT/DATABASE`", schema: .url, urlObjection),
            isRequired: true,
            """
            Where the database is: a connection URI of libpq, of several hosts if there are standbys. Without \
            `sslmode` in it the server's certificate and name are verified (`verify-full`), except on a Unix socket.
            """
        )
        Key(
            "password",
            \.password,
            .secret(),
            default: "no password",
            "The password of the database's user."
        )
        Key(
            "ca_file",
            \.caFile,
            .file(holding: .certificates),
            default: "the system's authorities",
            "A PEM bundle of the certificate authorities that may certify the database's server."
        )
        Key(
            "start_timeout",
            \.startTimeout,
            .duration(.zero ... .hours(24)),
            default: "60s",
            """
            How long a start waits for a database that does not answer yet, with `/health/ready` at 503, before it ends \
            with 1.
            """
        )
        Key("pool", \.pool, .integer(1...64), default: "8", "How many connections this node opens at most.")
    }

    /// What is wrong with an address, in words; nil when it can be used.
    ///
    /// A password in the file of the configuration would be in every copy of it, and in the start's errors.
    package static func urlObjection(_ text: String) -> String? {
        guard let start = text.firstRange(of: "://")?.upperBound,
            ["postgresql", "postgres"].contains(text.prefix { $0 != ":" }.lowercased())
        else { return "must begin with postgresql://" }
        let rest = text[start...]
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        let query = rest.drop { $0 != "?" }.dropFirst()
        let hasPassword = authority.lastIndex(of: "@").map { authority[..<$0].contains(":") } ?? false
        let names = query.split(separator: "&").map { $0.prefix { $0 != "=" } }
        guard !hasPassword, !names.contains(where: { ["password", "sslpassword"].contains($0.lowercased()) }) else {
            return "must have no password; use storage.postgresql.password"
        }
        return nil
    }
}
