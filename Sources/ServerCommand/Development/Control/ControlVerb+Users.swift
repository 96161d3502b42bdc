import DevelopmentIdentityProvider
import HTTPTypes
import OAuthProtocol

extension ControlVerb {
    static func users(_ ground: ControlGround) -> [ControlVerb] {
        let path = ControlPlane.path + "/users"
        return [
            ControlVerb(
                method: .get,
                path: path,
                summary: "The users who can sign in.",
                members: [Member(name: "upstream", type: "string", summary: "At this provider; the first without it.")],
                perform: { (request) async throws(ControlRefusal) in
                    let users = await (try ground.provider(request.text("upstream"))).provider.users
                    return ["users": .array(users.map { .object($0.json) })]
                }
            ),
            ControlVerb(
                method: .post,
                path: path,
                summary: "Adds a user at every provider, or replaces the one with this subject.",
                members: [
                    Member(name: "subject", type: "string", summary: "The `sub` at the provider, and its name here."),
                    Member(name: "name", type: "string", summary: "The full name."),
                    Member(name: "email", type: "string", summary: "The e-mail address."),
                    Member(name: "email_verified", type: "boolean", summary: "True without it."),
                    Member(name: "claims", type: "object", summary: "Further claims of ID token and userinfo."),
                    Member(name: "upstream", type: "string", summary: "Only at this provider."),
                ],
                perform: { (request) async throws(ControlRefusal) in try await add(request, ground) }
            ),
            ControlVerb(
                method: .delete,
                path: path + "/{subject}",
                summary: "Removes a user at every provider; the user's tokens there become invalid.",
                perform: { (request) async throws(ControlRefusal) in
                    let subject = request.pathParameter ?? ""
                    var wasThere = false
                    for (_, provider) in ground.upstreams {
                        wasThere = await provider.users.contains { $0.subject == subject } || wasThere
                        await provider.removeUser(subject)
                    }
                    guard wasThere else { throw .unknown("there is no user \(subject)") }
                    return ["removed": .string(subject)]
                }
            ),
        ]
    }

    private static func add(
        _ request: ControlRequest,
        _ ground: ControlGround
    ) async throws(ControlRefusal) -> JSONObject {
        let subject = try request.required("subject")
        // The subject is a segment of paths, and the value of the sign-in form.
        guard subject.utf8.count <= 100, subject.utf8.allSatisfy(\.isSubjectByte) else {
            throw .invalid("subject must be at most 100 letters, digits, hyphens, dots and underscores")
        }
        let providers =
            request.text("upstream") == nil ? ground.upstreams : [try ground.provider(request.text("upstream"))]
        // The id of OAuth 2.0 providers is a number, which must differ between users.
        let number = subject.utf8.reduce(Int64(1)) { ($0 &* 31 &+ Int64($1)) & 0xfff_ffff_ffff }
        let user = DevelopmentUser(
            subject: subject,
            name: request.text("name") ?? subject,
            email: request.text("email"),
            isEmailVerified: request.flag("email_verified") ?? true,
            numericID: 1_000_000 + number,
            additionalClaims: request.object("claims") ?? [:]
        )
        for (_, provider) in providers { await provider.setUser(user) }
        return user.json
    }
}

extension DevelopmentUser {
    var json: JSONObject {
        var json: JSONObject = ["subject": .string(subject), "name": .string(name), "login": .string(login)]
        if let email { json["email"] = .string(email) }
        json["email_verified"] = .bool(isEmailVerified)
        json["claims"] = .object(additionalClaims)
        return json
    }
}

extension UInt8 {
    fileprivate var isSubjectByte: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
