import HTTPTypes
import OAuthProtocol
import SocketHTTP

/// What an operator's request says: who asks, which rows, and which page of them.
struct AdministrationRequest {
    private let parameters: FormParameters
    /// Who did it, as the audit trail records it: the holder of the token, and the name that the caller claims.
    let actor: String

    /// The most rows of a page.
    static let limitMax = 1000

    /// Reads the query of a GET or DELETE, the form of a POST.
    init(_ request: Request) throws(OAuthError) {
        if request.method == .post, !request.body.isEmpty {
            parameters = try FormBody.parse(request)
        } else {
            // A POST without a body has no parameters, not those of the query.
            let query = request.method == .post ? "" : request.query ?? ""
            do { parameters = try FormParameters(query: query) } catch {
                throw OAuthError(.invalidRequest, "the query is malformed")
            }
        }
        actor = Self.actor(of: request)
    }

    /// Who sent a request whose parameters are read elsewhere.
    ///
    /// On the management socket the kernel's word comes first: `uid:0`, or `uid:0:ada` with the name that the caller
    /// claims.
    static func actor(of request: Request) -> String {
        let claimed = (request[.xGatehouseOperator] ?? "").prefix(64).filter { $0.isASCII && !$0.isWhitespace }
        let proven = request.peerUser.map { "uid:\($0)" } ?? "administrator"
        return claimed.isEmpty ? proven : "\(proven):\(claimed)"
    }

    /// A parameter that may be given once.
    func text(_ name: String) throws(OAuthError) -> String? {
        try parameters.once(name)
    }

    /// An identifier that may be given once.
    func identifier<ID: StoredIdentifier>(_ name: String) throws(OAuthError) -> ID? {
        guard let text = try text(name) else { return nil }
        guard let id = ID(text) else { throw OAuthError(.invalidRequest, "\(name) is not an id of this kind") }
        return id
    }

    /// How many rows; 100 unless the request says otherwise.
    func limit() throws(OAuthError) -> Int {
        guard let text = try text("limit") else { return 100 }
        guard let limit = Int(text), (1...Self.limitMax).contains(limit) else {
            throw OAuthError(.invalidRequest, "limit must be a number from 1 to \(Self.limitMax)")
        }
        return limit
    }

    /// A moment in seconds since 1970, as JWTs have it.
    func moment(_ name: String) throws(OAuthError) -> Timestamp? {
        guard let text = try text(name) else { return nil }
        guard text.utf8.count <= 12, let seconds = Int64(text), seconds >= 0 else {
            throw OAuthError(.invalidRequest, "\(name) must be a time in seconds since 1970")
        }
        return Timestamp(secondsSinceEpoch: seconds)
    }
}

extension Response {
    /// A page of rows, with the id after which the next page begins, if there may be one.
    static func page(_ name: String, _ rows: [JSONObject], limit: Int, next: String?) -> Response {
        var json: JSONObject = [:]
        json[name] = .array(rows.map(JSONValue.object))
        if rows.count == limit, let next { json["next"] = .string(next) }
        return .json(json.serialized())
    }

    /// Nothing has this id.
    static let noSuchRow = Response.json(Array(#"{"error":"not_found"}"#.utf8), status: .notFound)
}
