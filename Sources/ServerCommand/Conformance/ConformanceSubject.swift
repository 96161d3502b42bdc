import OAuthClientKit
import OAuthProtocol
import OpenSSLCrypto
import OutboundHTTP

/// The server under examination: what it says of itself, and the ways to ask it.
struct ConformanceSubject: Sendable {
    /// What the person who runs the suite says of the server.
    struct Options: Sendable {
        var issuer: String
        /// A client that exists already, instead of one that the suite registers.
        var client: ConformanceClient?
        /// The user that a sign-in page offers or asks for.
        var loginHint: String?
        /// Cookies of a browser that is signed in, as `name=value`.
        var cookies: [String] = []
        /// The resource (RFC 8707 §2) of the tokens; without one, the first that the metadata names.
        var resource: String?
        /// The scope of the tokens; without one, what the metadata offers.
        var scope: String?
        /// Parameters that this server needs in every authorization request, such as `prompt`.
        var parameters: [(name: String, value: String)] = []
    }

    let options: Options
    /// The metadata document's address and answer.
    let metadataURL: String
    let metadata: ConformanceAnswer
    /// What was registered for the checks, or why nothing was.
    var clients: Result<ConformanceClients, ConformanceStop> = .failure(.obstacle("no client"))
    /// Why refusals mean nothing: a right request is refused too.
    var refusal: ConformanceStop?
    private let transport: any OutboundTransport

    var issuer: String { options.issuer }

    /// Fetches the metadata and registers the clients of the checks.
    ///
    /// - Throws: ``OutboundError`` when the server does not answer at all.
    static func prepare(_ options: Options, transport: any OutboundTransport) async throws -> ConformanceSubject {
        let urls = metadataURLs(of: options.issuer)
        var found: (url: String, answer: ConformanceAnswer)?
        for url in urls where found?.answer.status != 200 {
            let answer = ConformanceAnswer(try await transport.send(OutboundRequest(url: url)))
            if found == nil || answer.status == 200 { found = (url, answer) }
        }
        guard let found else { throw ConformanceStop.obstacle("the issuer is not an absolute URL") }
        var subject = ConformanceSubject(
            options: options,
            metadataURL: found.url,
            metadata: found.answer,
            transport: transport
        )
        subject.clients = await subject.registeredClients()
        subject.refusal = await subject.acceptanceObstacle()
        return subject
    }

    private init(
        options: Options,
        metadataURL: String,
        metadata: ConformanceAnswer,
        transport: any OutboundTransport
    ) {
        self.options = options
        self.metadataURL = metadataURL
        self.metadata = metadata
        self.transport = transport
    }

    /// The addresses of the document in the order in which clients try them (RFC 8414 §3.1; OpenID Connect Discovery
    /// 1.0 §4).
    static func metadataURLs(of issuer: String) -> [String] {
        guard let uri = URIReference(issuer), let host = uri.host else { return [] }
        let origin = uri.scheme + "://" + host + (uri.port.map { ":\($0)" } ?? "")
        let path = uri.path == "/" ? "" : uri.path
        let kinds = ["oauth-authorization-server", "openid-configuration"]
        let inserted = kinds.map { origin + "/.well-known/" + $0 + path }
        return path.isEmpty ? inserted : inserted + [origin + path + "/.well-known/openid-configuration"]
    }

    /// A browser without cookies except those of the options.
    func browser() async -> TestBrowser {
        let browser = TestBrowser(transport: transport)
        for cookie in options.cookies {
            let parts = cookie.split(separator: "=", maxSplits: 1).map(String.init)
            if parts.count == 2 { await browser.setCookie(parts[0], parts[1], for: issuer) }
        }
        return browser
    }

    /// The address of an endpoint that the metadata names.
    func endpoint(_ member: String) throws(ConformanceStop) -> String {
        guard let url = metadata.json[member]?.stringValue else {
            throw .obstacle("the metadata has no \(member)")
        }
        return url
    }

    /// Whether the metadata has a member.
    func names(_ member: String) -> Bool { metadata.json[member] != nil }

    /// Scheme, host and port of an endpoint that the metadata names.
    func origin(of member: String) throws(ConformanceStop) -> String {
        let url = try endpoint(member)
        guard let uri = URIReference(url) else { throw .fault("\(member) is not an absolute URL") }
        return uri.scheme + "://" + (uri.host ?? "") + (uri.port.map { ":\($0)" } ?? "")
    }

    /// Sends a request; an answer that says "too many" leaves the rule unchecked.
    func send(
        _ method: String,
        _ url: String,
        _ headerFields: [(name: String, value: String)] = [],
        body: [UInt8] = []
    ) async throws -> ConformanceAnswer {
        let request = OutboundRequest(method: method, url: url, headerFields: headerFields, body: body)
        let answer = ConformanceAnswer(try await transport.send(request))
        guard answer.status != 429 else { throw ConformanceStop.obstacle("the server limits requests (429)") }
        return answer
    }

    /// Posts a form to an endpoint that the metadata names.
    func post(
        _ member: String,
        _ form: [(String, String)],
        _ headerFields: [(name: String, value: String)] = []
    ) async throws -> ConformanceAnswer {
        let type = (name: "content-type", value: "application/x-www-form-urlencoded")
        return try await send(
            "POST",
            endpoint(member),
            [type] + headerFields,
            body: Array(FormParameters.serialize(form).utf8)
        )
    }
}

/// An answer, read leniently: a check decides what is wrong with it.
struct ConformanceAnswer: Sendable {
    let status: Int
    /// The body as a JSON object; empty when it is none.
    let json: JSONObject
    /// Whether the body is a JSON object.
    let isJSON: Bool
    private let response: OutboundResponse

    init(_ response: OutboundResponse) {
        self.response = response
        status = response.status
        // A body that is not a JSON object is examined by `isJSON`.
        let object = try? JSONParser.parseObject(response.body)
        json = object ?? [:]
        isJSON = object != nil
    }

    var body: [UInt8] { response.body }
    var error: String? { json["error"]?.stringValue }

    /// Every value of a header field.
    func values(_ name: String) -> [String] { response.values(of: name) }

    /// Whether a field has a word, whatever its case.
    func has(_ name: String, _ word: String) -> Bool {
        values(name).contains { $0.lowercased().contains(word) }
    }

    /// The status and the error, as a reason names them.
    var summary: String { error.map { "\(status) \($0)" } ?? "\(status)" }
}
