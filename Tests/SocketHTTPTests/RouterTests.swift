import HTTPTypes
import SocketHTTP
import Testing

@Suite("Routing by exact path")
struct RouterTests {
    private let router: Router = {
        var router = Router()
        router.on(.post, "/oauth/token") { _ in Response(status: .ok, body: Array("token".utf8)) }
        router.on(.options, "/oauth/token") { _ in Response(status: .noContent) }
        router.on(.get, "/oauth/callback/{upstream}") {
            Response(status: .ok, body: Array(($0.pathParameter ?? "-").utf8))
        }
        router.on(.get, "/.well-known/jwks.json") { _ in .prepared(body: Array("{}".utf8)) }
        router.on(.get, "/admin/users/{id}/connections") {
            Response(status: .ok, body: Array(($0.pathParameter ?? "-").utf8))
        }
        router.on(.post, "/forward-auth/*") { Response(status: .ok, body: Array($0.path.utf8)) }
        router.on(.get, "/oauth/callback/fixed") { _ in Response(status: .ok, body: Array("exact".utf8)) }
        return router
    }()

    private func respond(_ method: HTTPRequest.Method, _ path: String) async -> Response {
        await router.respond(to: Request(method: method, path: path))
    }

    @Test("what is registered is found")
    func found() async {
        #expect(await respond(.post, "/oauth/token").body == Array("token".utf8))
        #expect(await respond(.options, "/oauth/token").status == .noContent)
        #expect(await respond(.get, "/oauth/callback/github").body == Array("github".utf8))
        #expect(await respond(.get, "/oauth/callback/fixed").body == Array("exact".utf8))
        #expect(await respond(.head, "/.well-known/jwks.json").status == .ok)
        #expect(await respond(.options, "*").status == .noContent)
        #expect(router.hasRoute("/oauth/callback/x") && !router.hasRoute("/oauth/callback/"))
    }

    @Test(
        "D-77, D-79: any other spelling is 404, no redirect",
        arguments: [
            "/", "", "//oauth/token", "/oauth//token", "/oauth/token/", "/oauth/TOKEN", "/OAuth/token",
            "/oauth/%74oken", "/oauth/token;x", "/oauth/token;x=1", "/oauth/../oauth/token", "/./oauth/token",
            "/.well-known/../oauth/token", "/oauth/token%00", "/oauth/token%2f", "/oauth\\token", "/oauth/token.json",
            "/oauth/callback/", "/oauth/callback", "/oauth/callback/a/b", "/oauth/callback/a/", "/oauth/callback/..",
            "/oauth/callback/.", "/oauth/callback/%67ithub", "/oauth/callback/a;b", "/oauth/callback/{upstream}",
        ]
    )
    func notFound(path: String) async {
        let response = await respond(.get, path)
        #expect(response.status == .notFound)
        #expect(response.headerFields[.location] == nil)
        #expect(response.headerFields[.contentType] == "application/json")
        #expect(response.body == Array(#"{"error":"not_found"}"#.utf8))
    }

    @Test("a parameter may be inside a path, and a star takes whatever is below")
    func patterns() async {
        #expect(await respond(.get, "/admin/users/u_1/connections").body == Array("u_1".utf8))
        #expect(await respond(.post, "/admin/users/u_1/connections").status == .methodNotAllowed)
        for path in [
            "/admin/users//connections", "/admin/users/connections", "/admin/users/a/b/connections",
            "/admin/users/../connections", "/admin/users/%61/connections", "/admin/users/u_1/connections/",
            "/admin/users/u_1/connection", "/forward-auth", "/forward-authx/y",
        ] {
            #expect(await respond(.get, path).status == .notFound, "\(path)")
        }
        for path in ["/forward-auth/", "/forward-auth/a/b", "/forward-auth/%2e%2e/;x", "/forward-auth//"] {
            #expect(await respond(.post, path).body == Array(path.utf8))
            #expect(await respond(.get, path).status == .methodNotAllowed)
            #expect(router.hasRoute(path))
        }
    }

    @Test("of subtrees within one another the most specific one answers, in whichever order they were registered")
    func nestedSubtrees() async {
        let prefixes = ["/a/", "/a/b/", "/a/b/c/", "/a/bc/"]
        for order in [prefixes, prefixes.reversed(), ["/a/b/", "/a/bc/", "/a/", "/a/b/c/"]] {
            var router = Router()
            for prefix in order {
                router.on(.get, prefix + "*") { _ in Response(status: .ok, body: Array(prefix.utf8)) }
            }
            for (path, prefix) in [
                ("/a/x", "/a/"), ("/a/b/x", "/a/b/"), ("/a/b/c/x/y", "/a/b/c/"), ("/a/bc/b/c/", "/a/bc/"),
                ("/a/b", "/a/"),
            ] {
                let response = await router.respond(to: Request(method: .get, path: path))
                #expect(response.body == Array(prefix.utf8), "\(path)")
                #expect(router.hasRoute(path))
            }
            #expect(!router.hasRoute("/b/x"))
        }
    }

    @Test(
        "D-76: a method the path does not have is 405 with Allow",
        arguments: [
            ("TRACE", "/oauth/token", "OPTIONS, POST"), ("PUT", "/oauth/token", "OPTIONS, POST"),
            ("HEAD", "/oauth/token", "OPTIONS, POST"), ("post", "/oauth/token", "OPTIONS, POST"),
            ("POST", "/.well-known/jwks.json", "GET, HEAD"), ("TRACE", "/oauth/callback/github", "GET, HEAD"),
        ]
    )
    func methodNotAllowed(method: String, path: String, allow: String) async throws {
        let response = await respond(try #require(HTTPRequest.Method(method)), path)
        #expect(response.status == .methodNotAllowed)
        #expect(response.headerFields[.allow] == allow)
    }

    @Test("D-76: X-HTTP-Method-Override is ignored")
    func methodOverride() async throws {
        let name = try #require(HTTPField.Name("X-HTTP-Method-Override"))
        let request = Request(method: .get, path: "/oauth/token", fields: [name: "POST"])
        #expect(await router.respond(to: request).status == .methodNotAllowed)
    }
}
