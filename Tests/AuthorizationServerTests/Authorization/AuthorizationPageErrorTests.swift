import AuthorizationServerTesting
import OAuthProtocol
import Testing

@Suite("RFC 6749 §4.1.2.1: errors before the redirect URI is verified are never redirected")
struct AuthorizationPageErrorTests {
    @Test("AZ-2, D-2: a missing or unknown client gets a page that says how to recover, and no redirect")
    func client() async throws {
        try await BrowserScene.run { scene in
            for id in [nil, "", "dcr_unknown", "http://evil.example/client.json", "a b", "é", "\u{0}"] {
                let changes = ["client_id": id, "redirect_uri": "https://evil.example/cb"]
                let page = try await scene.open(changes)
                page.expectErrorPage(400, "\(id ?? "none")")
                #expect(!page.text.contains("evil.example"))
            }
            let unknown = try await scene.open(["client_id": "dcr_unknown"])
            #expect(unknown.text.contains("add it again"))
            try await scene.expectNothingStored()
        }
    }

    @Test("AZ-3, D-1: an unregistered redirect URI is a page; so is a missing one when several are registered")
    func redirectURI() async throws {
        let uris = ["https://client.example.com/cb", "https://client.example.com/other"]
        try await BrowserScene.run(redirectURIs: uris) { scene in
            try await scene.open(["redirect_uri": "https://evil.example/cb"]).expectErrorPage()
            try await scene.open(["redirect_uri": nil]).expectErrorPage()
            try await scene.open(["redirect_uri": ""]).expectErrorPage()
            #expect(try await scene.open(["redirect_uri": uris[1]]).status == 200)
        }
    }

    @Test("AZ-3: the only registered redirect URI is used when none is requested")
    func onlyOne() async throws {
        try await BrowserScene.run { scene in
            let answer = try await scene.authorize(["redirect_uri": nil])
            #expect(answer["code"] != nil)
            #expect(answer["iss"] == scene.server.issuer)
        }
    }

    @Test(
        "AZ-1, D-9: repeated client_id or redirect_uri is a page, equal or empty values included",
        arguments: ["client_id", "redirect_uri"]
    )
    func duplicates(_ name: String) async throws {
        try await BrowserScene.run { scene in
            let own = name == "client_id" ? scene.client.id : scene.client.redirectURI
            for value in [own, "https://evil.example/cb", ""] {
                let extra = FormParameters.serialize([(name, value)])
                let page = try await scene.browser.get(scene.client.authorizationURL() + "&" + extra)
                page.expectErrorPage(400, value)
                let before = scene.client.authorizationURL().replacing("?", with: "?\(extra)&")
                try await scene.browser.get(before).expectErrorPage(400, value)
            }
        }
    }

    @Test("AZ-1: a query that cannot be read is a page", arguments: ["%zz", "a=%ff", "%", "client_id=%C3%28"])
    func malformedQuery(_ query: String) async throws {
        try await BrowserScene.run { scene in
            try await scene.browser.get(scene.server.issuer + "/oauth/authorize?" + query).expectErrorPage()
            try await scene.browser.get(scene.client.authorizationURL() + "&" + query).expectErrorPage()
        }
    }

    @Test("D-74: more parameters than a request can need are refused")
    func manyParameters() async throws {
        try await BrowserScene.run { scene in
            let many = (0..<101).map { "p\($0)=1" }.joined(separator: "&")
            try await scene.browser.get(scene.client.authorizationURL() + "&" + many).expectErrorPage()
        }
    }

    @Test("AZ-2, D-58: the page reflects no redirect URI and escapes what it says")
    func reflection() async throws {
        try await BrowserScene.run { scene in
            let hostile = #""><script>alert(1)</script><a href="https://evil.example"#
            for name in ["client_id", "redirect_uri"] {
                let page = try await scene.open([name: hostile])
                page.expectErrorPage()
                #expect(!page.text.contains("evil.example"))
                #expect(!page.text.contains("<a "))
            }
        }
    }
}

@Suite("OAuth 2.1 §2.3.1: redirect URIs are compared as strings, over the wire")
struct RedirectURIOverTheWireTests {
    @Test("AZ-4, AZ-5, D-3, D-4, D-6, D-7, D-8: every variant of a registered https URI is refused")
    func variants() async throws {
        let registered = "https://client.example.com/cb"
        let variants = [
            registered + "/", registered + "?x", registered + "?", registered + "#f", registered + "/sub",
            registered + "/../cb", registered + "@evil.example", registered + " ", " " + registered,
            registered + "\r\nSet-Cookie: a=b", registered + "\u{0}", registered + "\t", registered + "é",
            registered + "%00", "https://client.example.com/c", "https://client.example.com",
            "https://client.example.com/CB",
            "https://client.example.com:443/cb", "https://client.example.com:8443/cb", "HTTPS://client.example.com/cb",
            "https://CLIENT.example.com/cb", "https://client.example.com/%63b", "https://client.example.com/./cb",
            "https://client.example.com//cb", "https://client.example.com/cb;x", "https://client.example.com./cb",
            #"https://client.example.com\@evil.example/cb"#, "https://client.example.com@evil.example/cb",
            "https://client.example.com.evil.example/cb", "https://client.example.com%2eevil.example/cb",
            "https://user@client.example.com/cb", "//client.example.com/cb", "http://client.example.com/cb", "/cb",
            "javascript:alert(1)", "data:text/html,x", "https://evil.example/?u=" + registered, "*",
        ]
        try await BrowserScene.run(redirectURIs: [registered]) { scene in
            for variant in variants {
                try await scene.open(["redirect_uri": variant]).expectErrorPage(400, variant)
            }
            #expect(try await scene.open(["redirect_uri": registered]).status == 200)
            try await scene.expectNothingStored()
        }
    }

    @Test("AZ-6, FD-3: the port is free on loopback http, and only the port")
    func loopback() async throws {
        let table: [(registered: String, accepted: [String], refused: [String])] = [
            (
                "http://127.0.0.1/cb",
                ["http://127.0.0.1/cb", "http://127.0.0.1:51004/cb", "http://127.0.0.1:1/cb"],
                [
                    "http://127.0.0.2/cb", "http://localhost/cb", "http://localhost:51004/cb", "http://[::1]:5/cb",
                    "http://127.0.0.1.evil.example/cb", "http://127.0.0.1:51004/cb/", "http://127.0.0.1:51004/cb?x=1",
                    "http://127.0.0.1:51004/cb#f", "http://127.0.0.1:99999/cb", "http://127.0.0.1:/cb",
                    "http://127.0.0.1:51004@evil.example/cb", "http://u@127.0.0.1:51004/cb", "http://127.1:51004/cb",
                    "http://2130706433:51004/cb", "http://0x7f.1:51004/cb", "https://127.0.0.1:51004/cb",
                    "HTTP://127.0.0.1:51004/cb", "http://127.0.0.1:+1/cb",
                ]
            ),
            (
                "http://localhost/cb", ["http://localhost:3334/cb", "http://localhost/cb"],
                [
                    "http://127.0.0.1:3334/cb", "http://localhost.evil/cb", "http://localhost@evil/cb",
                    "http://localhost./cb", "http://localhost:3334/CB",
                ]
            ),
            (
                "http://[::1]/cb", ["http://[::1]:3334/cb"],
                ["http://[::2]:3334/cb", "http://[0:0:0:0:0:0:0:1]:3334/cb", "http://localhost:3334/cb"]
            ),
        ]
        for row in table {
            try await BrowserScene.run(redirectURIs: [row.registered]) { scene in
                for uri in row.accepted {
                    #expect(try await scene.open(["redirect_uri": uri]).status == 200, "\(uri)")
                }
                for uri in row.refused {
                    try await scene.open(["redirect_uri": uri]).expectErrorPage(400, uri)
                }
            }
        }
    }

    @Test("AZ-4: the query of a registered URI is kept, and ours is added to it")
    func registeredQuery() async throws {
        let uri = "http://127.0.0.1:51004/callback?tenant=a%20b&x"
        try await BrowserScene.run(redirectURIs: [uri]) { scene in
            let url = try await scene.callbackURL(after: try await scene.approved())
            let page = try await scene.browser.get(url)
            #expect(page.status == 302)
            #expect(page.header("location")?.hasPrefix(uri + "&code=") == true)
            #expect(page.redirectParameters["tenant"] == "a b")
            #expect(page.redirectParameters["iss"] == scene.server.issuer)
        }
    }

    @Test(
        "AZ-4, FD-4: a private-use redirect gets its code byte for byte",
        arguments: ["cursor://anysphere.cursor-mcp/oauth/callback", "com.example.app:/oauth/callback"]
    )
    func privateUse(_ uri: String) async throws {
        try await BrowserScene.run(redirectURIs: [uri]) { scene in
            let url = try await scene.callbackURL(after: try await scene.approved())
            let page = try await scene.browser.get(url)
            #expect(page.status == 302)
            #expect(page.header("location")?.hasPrefix(uri + "?code=") == true)
        }
    }

    @Test("AZ-16: the code is bound to the requested redirect URI, its port included")
    func port() async throws {
        try await BrowserScene.run(redirectURIs: ["http://127.0.0.1/callback"]) { scene in
            let requested = "http://127.0.0.1:40001/callback"
            let url = try await scene.callbackURL(after: try await scene.approved(["redirect_uri": requested]))
            let page = try await scene.browser.get(url)
            #expect(page.header("location")?.hasPrefix(requested + "?") == true)
            let code = try #require(page.redirectParameters["code"])
            let wrong = try await scene.client.redeem(code, ["redirect_uri": "http://127.0.0.1:40002/callback"])
            #expect(wrong.error == "invalid_grant")
            #expect(try await scene.client.redeem(code, ["redirect_uri": requested]).status == 200)
        }
    }
}
