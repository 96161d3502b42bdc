import OAuthProtocol
import Testing

/// RFC 6749 §2.3, RFC 7521 §4.2: how a request names and proves its client.
@Suite("RFC 6749 §2.3: client authentication is read")
struct ClientAuthenticationRequestTests {
    private static let assertionType =
        "client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer"

    private func read(_ authorization: String?, _ form: String = "") throws -> ClientAuthenticationRequest {
        try ClientAuthenticationRequest(authorization: authorization, form: FormParameters(query: form))
    }

    private func basic(_ credentials: String) -> String {
        "Basic " + Base64.encode(Array(credentials.utf8))
    }

    /// 400 for contradictory, 401 for unreadable credentials, 0 for none of both.
    private func status(_ authorization: String?, _ form: String = "") -> Int {
        do {
            _ = try read(authorization, form)
            return 0
        } catch let refusal as ClientAuthenticationRequest.Refusal {
            switch refusal {
            case .contradictory: return 400
            case .unreadable: return 401
            }
        } catch {
            return -1
        }
    }

    private func secret(_ request: ClientAuthenticationRequest) -> String? {
        switch request.proof {
        case .basic(let secret), .post(let secret): secret.wireValue
        case .none, .assertion: nil
        }
    }

    @Test(
        "TK-13: Basic is read, percent-encoded or not, the scheme in any case",
        arguments: [
            ("dcr_1:gs_abc-_", "dcr_1", "gs_abc-_"), ("dcr%5F1:gs%5Fabc", "dcr_1", "gs_abc"), ("c:", "c", ""),
            ("c:a:b", "c", "a:b"), ("c:a+b", "c", "a b"), ("c:a%2Bb", "c", "a+b"), ("c:50%", "c", "50%"),
            ("https%3A%2F%2Fc.example%2Fm:s", "https://c.example/m", "s"), ("c:\u{301}s", "c", "\u{301}s"),
        ]
    )
    func basicCredentials(credentials: String, id: String, expected: String) throws {
        for header in [basic(credentials), basic(credentials).replacing("Basic", with: "bASIC")] {
            let request = try read(header)
            #expect(request.clientID == id)
            #expect(secret(request).map { Array($0.utf8) } == Array(expected.utf8))
        }
    }

    @Test(
        "TK-13: what decoding changes is kept as sent too, because nothing shows whether the client encodes",
        arguments: [
            ("c:a+b", "c", "a+b"), ("c:a%2Bb", "c", "a%2Bb"), ("a+b:s", nil, nil), ("a%2Bb:s%25", "a%2Bb", "s%25"),
            ("c:s", nil, nil), ("c:50%", nil, nil), ("dcr_1:gs_abc-_", nil, nil),
        ] as [(String, String?, String?)]
    )
    func undecoded(credentials: String, id: String?, expected: String?) throws {
        let request = try read(basic(credentials))
        #expect(request.undecoded?.clientID == id)
        #expect(request.undecoded?.secret.wireValue == expected)
    }

    @Test("TK-13, TK-14: an id that decodes to none is taken as sent, and so is the one that the form confirms")
    func undecodedID() throws {
        #expect(try read(basic("a+b:s")).clientID == "a+b")
        #expect(try read(basic("a%2Bb:s"), "client_id=a%252Bb").clientID == "a%2Bb")
        #expect(try read(basic("a%2Bb:s"), "client_id=a%2Bb").clientID == "a+b")
        #expect(status(basic("a%2Bb:s"), "client_id=ab") == 400)
    }

    @Test(
        "TK-13: a header that is not Basic credentials is 401",
        arguments: [
            "", "Basic", "Basic ", "Basic !!!", "Basic YQ", "Basic YTpi\n", "Basic YTpi YTpi", "Bearer YTpi",
            "Digest x",
            "BasicYTpi", "Basic " + Base64.encode(Array("nocolon".utf8)),
            "Basic " + Base64.encode(Array(":secret".utf8)),
            "Basic " + Base64.encode([0xFF, 0x3A, 0xFF]), "Basic " + Base64.encode([0x63, 0x3A, 0xFF]),
            "Basic " + Base64.encode([0xFF, 0x3A, 0x63]), "Basic YTpi=", "Basic YTpi====",
        ]
    )
    func malformedBasic(header: String) {
        #expect(status(header) == 401)
        #expect(status(header, "client_id=c") == 401)
    }

    @Test("TK-14: Basic with the same client_id in the form is accepted, with another it is 400")
    func basicWithForm() throws {
        #expect(try read(basic("c:s"), "client_id=c").clientID == "c")
        #expect(try read(basic("c:s"), "client_id=").clientID == "c")
        #expect(status(basic("c:s"), "client_id=d") == 400)
        #expect(status(basic("c:s"), "client_id=C") == 400)
    }

    @Test(
        "TK-14, D-42: two ways of authenticating are 400",
        arguments: [
            (true, "client_secret=s"), (true, "client_id=c&client_secret=s"),
            (true, "client_assertion=x&\(assertionType)"),
            (false, "client_id=c&client_secret=s&client_assertion=x&\(assertionType)"),
        ]
    )
    func twoWays(usesBasic: Bool, form: String) {
        #expect(status(usesBasic ? basic("c:s") : nil, form) == 400)
    }

    @Test(
        "D-9: repeated credentials are 400, with equal and empty values too",
        arguments: ["client_id", "client_secret", "client_assertion", "client_assertion_type"]
    )
    func repeated(name: String) {
        #expect(status(nil, "client_id=c&\(name)=x&\(name)=x") == 400)
        #expect(status(nil, "client_id=c&\(name)=x&\(name)=") == 400)
        #expect(status(basic("c:s"), "\(name)=&\(name)=") == 400)
    }

    @Test("TK-15: a public client names itself and proves nothing; an empty secret is none")
    func publicClient() throws {
        for form in ["client_id=dcr_1", "client_id=dcr_1&client_secret="] {
            let request = try read(nil, form)
            #expect(request.clientID == "dcr_1")
            guard case .none = request.proof else {
                Issue.record("a proof came out of \(form)")
                return
            }
        }
        #expect(status(nil, "") == 401)
        #expect(status(nil, "client_secret=s") == 401)
    }

    @Test("RFC 6749 §2.3.1: id and secret in the form")
    func post() throws {
        let request = try read(nil, "client_id=dcr_1&client_secret=s%2B+%25")
        #expect(request.clientID == "dcr_1")
        #expect(secret(request) == "s+ %")
    }

    @Test("CA-1: an assertion may name the client alone or beside client_id")
    func assertions() throws {
        let alone = try read(nil, "client_assertion=eyJ.x.y&\(Self.assertionType)")
        #expect(alone.clientID == nil)
        guard case .assertion("eyJ.x.y") = alone.proof else {
            Issue.record("no assertion came out")
            return
        }
        #expect(try read(nil, "client_id=c&client_assertion=x&\(Self.assertionType)").clientID == "c")
    }

    @Test(
        "an assertion without its type, of another type, or a type alone are 400",
        arguments: [
            "client_id=c&client_assertion=x", "client_id=c&client_assertion=x&client_assertion_type=jwt-bearer",
            "client_assertion=x&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Asaml2-bearer",
            "client_id=c&\(assertionType)",
        ]
    )
    func assertionTypes(form: String) {
        #expect(status(nil, form) == 400)
    }

    @Test("CM-1: an id is printable ASCII of at most 2048 bytes: a look-alike is not looked up")
    func clientIDs() throws {
        for id in ["dcr_%E2%84%AA", "a%20b", "a%0A", "%00", "%C3%A9", String(repeating: "a", count: 2049)] {
            #expect(status(nil, "client_id=\(id)") == 401)
            // As sent it is another id, in plain ASCII; decoded it is none, and is not looked up.
            #expect(try id.utf8.count > 2048 || read(basic("\(id):s")).clientID == id)
        }
        #expect(status(basic(String(repeating: "a", count: 2049) + ":s")) == 401)
        #expect(try read(nil, "client_id=" + String(repeating: "a", count: 2048)).clientID?.utf8.count == 2048)
    }

    @Test("D-25: what was read never prints a secret or an assertion")
    func redaction() throws {
        let requests = [
            try read(basic("client-1:SECRET")), try read(nil, "client_id=client-1&client_secret=SECRET"),
            try read(nil, "client_id=client-1&client_assertion=SECRET&\(Self.assertionType)"),
        ]
        for request in requests {
            var dumped = ""
            dump(request, to: &dumped)
            for text in ["\(request)", String(reflecting: request), dumped, "\(request.proof)"] {
                #expect(!text.contains("SECRET"))
                #expect(text.contains("<redacted>"))
            }
        }
    }
}
