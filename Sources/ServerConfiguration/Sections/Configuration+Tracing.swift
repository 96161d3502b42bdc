import OAuthProtocol

extension Configuration {
    /// Where traces go (OpenTelemetry).
    package struct Tracing: Hashable, Sendable {
        /// A collector that takes OTLP over HTTP.
        package var otlp = OTLP()

        /// Nothing is traced.
        package init() {}
    }

    /// A collector of spans, and how many of them it gets.
    package struct OTLP: Hashable, Sendable {
        /// The URL that spans are posted to; `nil` for no tracing.
        package var endpoint: String?

        /// Fields of those requests, such as credentials.
        package var headers: [Header] = []

        /// The share of traces that are recorded, 0 to 1, where no trusted proxy decided.
        package var share = 1.0

        /// Whether the endpoint may be plain http beyond this machine.
        package var allowsInsecureHTTP = false

        /// Nothing is traced.
        package init() {}
    }

    /// A field of requests to a collector.
    package struct Header: Hashable, Sendable {
        /// The field's name.
        package var name = ""

        /// Where its value is kept, which may be a credential.
        package var value: SecretReference?

        /// A field without a name and a value.
        package init() {}
    }
}

extension Configuration.Tracing {
    static let keys = KeySection(Self()) {
        Key("otlp", \.otlp, .section(Configuration.OTLP.keys), "A collector that takes OTLP over HTTP.")
    }
}

extension Configuration.OTLP {
    static let keys = KeySection(Self()) {
        Key(
            "endpoint",
            \.endpoint,
            .text("URL with its path", schema: .url, endpointObjection),
            default: "none: nothing is traced",
            """
            Where spans are posted as JSON, usually `https://HOST:4318/v1/traces`; the collector may be in a private \
            network.
            """
        )
        Key(
            "headers",
            \.headers,
            .list(of: .section(Configuration.Header.keys)),
            "Fields of the requests to the collector, such as its credentials."
        )
        Key(
            "sample",
            \.share,
            .share,
            """
            The share of traces that are recorded; a trace that one of `trusted_proxies` names is recorded if its \
            `traceparent` says so.
            """
        )
        Key(
            "allow_insecure_http",
            \.allowsInsecureHTTP,
            .flag,
            "Whether the endpoint may be plain http at another machine: everyone between can then read the spans."
        )
    } context: { section, _, context in
        context.allowsInsecureHTTP = section["allow_insecure_http"]?.text == "true"
    } finish: { section, otlp, _ in
        if otlp.endpoint == nil, section["endpoint"] == nil, !otlp.headers.isEmpty {
            section["headers"]?.refuse("needs tracing.otlp.endpoint")
        }
    }

    private static let endpointObjection: TextRule = { text, context in
        let uri = URIReference(text)
        let allowsHTTP = context.allowsInsecureHTTP || uri?.isLoopbackHTTP == true
        if let objection = ConfigurationRules.endpointObjection(text, allowsInsecureHTTP: allowsHTTP) {
            return objection
        }
        return ["", "/"].contains(uri?.path) ? "must have the collector's path, usually /v1/traces" : nil
    }
}

extension Configuration.Header {
    static let keys = KeySection(Self()) {
        Key(
            "name",
            \.name,
            .text("name of a header field", nameObjection),
            isRequired: true,
            "The field's name, such as `authorization`."
        )
        Key("value", \.value, .secret(), isRequired: true, "Where the field's value is kept.")
    }

    /// RFC 9110 §5.1: a token; the fields of the message itself are ours.
    private static let nameObjection: @Sendable (String) -> String? = { text in
        let isToken = text.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
                || "!#$%&'*+-.^_`|~".utf8.contains($0)
        }
        guard isToken else { return "\(text) is not the name of a header field" }
        let own = [
            "content-type", "content-length", "content-encoding", "host", "connection", "transfer-encoding",
            "keep-alive", "expect", "te", "trailer", "upgrade", "proxy-authorization", "proxy-connection",
        ]
        return own.contains(text.lowercased()) ? "must not be set: the message has its own \(text)" : nil
    }
}

extension Format where Value == Double {
    /// A share of a whole, as a decimal fraction.
    static var share: Format {
        Format(
            "0 to 1",
            schema: ["type": "number", "minimum": 0, "maximum": 1],
            read: { cursor, _ in
                guard let text = cursor.string() else { return nil }
                let isDecimal = text.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == 0x2E }
                guard isDecimal, let share = Double(text), (0...1).contains(share) else {
                    cursor.refuse("must be a number from 0 to 1, such as 0.1, not \(text)")
                    return nil
                }
                return share
            },
            // Others than these are no default.
            write: { $0 == 1 ? 1 : $0 == 0 ? 0 : nil }
        )
    }
}
