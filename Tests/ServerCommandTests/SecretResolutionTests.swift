import Foundation
import ServerConfiguration
import Testing

@testable import GatehouseHosting
@testable import ServerCommand

@Suite("Secrets come from files and variables, and from nowhere else")
struct SecretResolutionTests {
    private func withDirectory(_ body: (URL) throws -> Void) throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "gatehouse-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer {
            // A temporary directory that could not be removed is no reason to fail the test.
            try? FileManager.default.removeItem(at: directory)
        }
        try body(directory)
    }

    private func load(_ reference: String, _ environment: [String: String] = [:]) throws(ConfigurationErrors) -> String?
    {
        try ConfigurationLoader(environment: environment)
            .load(text: "issuer: https://a.example\nmanagement: {admin_token: \(reference), allow_short_secret: true}")
            .management.adminToken?.value?.text
    }

    private func refusal(_ reference: String, _ environment: [String: String] = [:]) -> [String] {
        do throws(ConfigurationErrors) {
            _ = try load(reference, environment)
            return []
        } catch {
            return error.errors.map(\.description)
        }
    }

    @Test("trimmed of the newline an editor leaves; the file wins over the variable")
    func reads() throws {
        try withDirectory { directory in
            let file = directory.appending(path: "token")
            try Data(" \n from file\r\n\n".utf8).write(to: file)
            #expect(try load("{file: \(file.path())}") == "from file")
            #expect(try load("{env: T}", ["T": "from variable\n"]) == "from variable")
            #expect(try load("{env: T, file: \(file.path())}", ["T": "from variable"]) == "from file")
        }
    }

    @Test("N-3: a list of secrets is read in its order, and each is refused by its place in it")
    func lists() throws {
        func load(_ reference: String) throws(ConfigurationErrors) -> Configuration {
            try ConfigurationLoader(environment: ["A": "newest", "B": "older"])
                .load(
                    text: "issuer: https://a.example\nmanagement: {admin_token: \(reference), allow_short_secret: true}"
                )
        }
        let management = try load("[{env: A}, {env: B}]").management
        #expect(management.adminToken?.values.map(\.text) == ["newest", "older"])
        #expect(management.adminToken?.value?.text == "newest")
        #expect("\(management.adminToken.map { "\($0)" } ?? "")" == "<redacted>, <redacted>")
        let key = "management.admin_token"
        for (reference, lines) in [
            ("[{env: A}, {env: C}]", ["\(key)[1]: environment variable C is not set"]),
            ("[]", ["\(key): must name 1 to 4 secrets (line 2)"]),
            (
                "[{env: A}, secret]",
                [
                    "\(key)[1]: secrets must not be written in the configuration; use {file: PATH} or {env: VARIABLE} (line 2)"
                ]
            ),
            ("[{env: A, fiel: x}]", ["\(key)[0].fiel: unknown key; did you mean file? (line 2)"]),
            ("[{env: A}, {env: A}]", nil), ("[{env: A}, [{env: B}]]", nil), ("[{}]", nil),
            ("[{env: A}, {env: B}, {env: C}, {env: D}, {env: E}]", nil),
        ] as [(String, [String]?)] {
            do throws(ConfigurationErrors) {
                _ = try load(reference)
                Issue.record("\(reference) was accepted")
            } catch {
                if let lines { #expect(error.errors.map(\.description) == lines) }
            }
        }
    }

    @Test("and what is missing, empty, not text or endless is refused by its key")
    func refuses() throws {
        try withDirectory { directory in
            let file = directory.appending(path: "token").path()
            let key = "management.admin_token: file \(file)"
            #expect(refusal("{file: \(file)}") == ["\(key) does not exist"])
            try Data("\n \n".utf8).write(to: URL(filePath: file))
            #expect(refusal("{file: \(file)}") == ["\(key) is empty"])
            try Data([0xFF, 0xFE]).write(to: URL(filePath: file))
            #expect(refusal("{file: \(file)}") == ["\(key) is not UTF-8 text"])
            try Data(count: HostFiles.byteCountMax + 1).write(to: URL(filePath: file))
            #expect(refusal("{file: \(file)}") == ["\(key) is longer than 1 MiB"])
            let folder = directory.path()
            #expect(
                refusal("{file: \(folder)}") == [
                    "management.admin_token: file \(folder) is not a regular file"
                ]
            )
        }
        #expect(refusal("{env: T}") == ["management.admin_token: environment variable T is not set"])
        #expect(refusal("{env: T}", ["T": " "]) == ["management.admin_token: environment variable T is empty"])
    }

    @Test("files that the server will need are looked at too")
    func checksFiles() throws {
        do throws(ConfigurationErrors) {
            _ = try ConfigurationLoader(environment: [:]).load(
                text: """
                    issuer: https://a.example
                    listen: [{address: '127.0.0.1:0', tls: {certificate_file: /nowhere/c, private_key_file: /nowhere/k}}]
                    outbound: {ca_file: /nowhere/ca}
                    """
            )
            Issue.record("accepted files that do not exist")
        } catch {
            #expect(
                error.errors.map(\.description) == [
                    "listen[0].tls.certificate_file: file /nowhere/c does not exist",
                    "listen[0].tls.private_key_file: file /nowhere/k does not exist",
                    "outbound.ca_file: file /nowhere/ca does not exist",
                ]
            )
        }
    }

    @Test("what those files hold is tried as a start does: TLS, CA file, storage key")
    func checksContents() throws {
        try withDirectory { directory in
            func path(_ name: String) -> String { directory.appending(path: name).path() }
            func openssl(_ arguments: String...) throws {
                let process = Process()
                process.executableURL = URL(filePath: "/usr/bin/openssl")
                process.arguments = arguments
                process.standardError = FileHandle.nullDevice
                try process.run()
                process.waitUntilExit()
                try #require(process.terminationStatus == 0)
            }
            func refusals(_ key: String, certificate: String = "cert.pem", storageKey: String? = nil) -> [String] {
                let storage = storageKey.map { "{directory: /nowhere, encryption_key: {env: K}} # \($0.count)" } ?? "{}"
                let text = """
                    issuer: https://a.example
                    listen:
                      - address: 127.0.0.1:0
                        tls: {certificate_file: \(path(certificate)), private_key_file: \(path(key))}
                    outbound: {ca_file: \(path(certificate))}
                    storage: \(storage)
                    """
                do throws(ConfigurationErrors) {
                    _ = try ConfigurationLoader(environment: ["K": storageKey ?? ""]).load(text: text)
                    return []
                } catch {
                    return error.errors.map(\.description)
                }
            }
            for key in ["key.pem", "other.pem"] {
                try openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", path(key))
            }
            try openssl("req", "-x509", "-key", path("key.pem"), "-subj", "/CN=a", "-out", path("cert.pem"))
            try openssl("pkey", "-in", path("key.pem"), "-aes256", "-passout", "pass:x", "-out", path("locked.pem"))
            let hexadecimal = String(repeating: "0123456789abcdef", count: 4)
            #expect(refusals("key.pem", storageKey: hexadecimal).isEmpty)
            let pair = "listen[0].tls: private key \(path("other.pem"))"
            #expect(refusals("other.pem") == ["\(pair): key values mismatch"])
            let locked = "listen[0].tls: private key \(path("locked.pem"))"
            #expect(refusals("locked.pem") == ["\(locked): it is encrypted; decrypt it with openssl pkey"])
            #expect(
                refusals("key.pem", certificate: "key.pem") == [
                    "listen[0].tls: certificate \(path("key.pem")): no start line",
                    "outbound.ca_file: file \(path("key.pem")) contains no PEM certificate",
                ]
            )
            let wrong = refusals("key.pem", storageKey: "too short")
            #expect(wrong.count == 1 && wrong[0].hasPrefix("storage.encryption_key: a storage key is 32 random bytes"))
        }
    }

    @Test("and a resolved secret is never printed (D-25)")
    func redacts() throws {
        let configuration = try ConfigurationLoader(environment: ["T": "hunter2"])
            .load(text: "issuer: https://a.example\nmanagement: {admin_token: {env: T}, allow_short_secret: true}")
        #expect(configuration.management.adminToken?.value?.text == "hunter2")
        var dumped = ""
        dump(configuration, to: &dumped)
        #expect(!dumped.contains("hunter2"))
        #expect(!"\(configuration)".contains("hunter2"))
        #expect(!String(reflecting: configuration).contains("hunter2"))
    }

    @Test("an upstream’s key, issuer and scopes are tried too, and what would stop the start is reported before it")
    func checksUpstreams() throws {
        func refusal(_ upstream: String) -> [String] {
            do throws(ConfigurationErrors) {
                let text = "issuer: https://a.example\nupstreams: [{name: n, \(upstream)}]"
                _ = try ConfigurationLoader(environment: ["K": "no key", "S": "secret"]).load(text: text)
                return []
            } catch {
                return error.errors.map(\.description)
            }
        }
        let oidc = "type: oidc, issuer: 'https://i.example', client_id: c"
        #expect(
            refusal(oidc + ", private_key: {env: K}") == [
                "upstreams[0].private_key: contains no PEM private key for ES256, EdDSA or RS256 (RSA of 2048 bits or more)"
            ]
        )
        #expect(
            refusal("preset: okta, client_id: c, client_secret: {env: S}") == [
                "upstreams[0].issuer: is required; okta has many sites; the issuer names yours (line 2)"
            ]
        )
        #expect(
            refusal(oidc + ", client_secret: {env: S}, scopes: [email]") == [
                "upstreams[0]: the scopes must contain openid"
            ]
        )
        #expect(refusal(oidc + ", client_secret: {env: S}").isEmpty)
        #expect(
            refusal("type: oidc, issuer: 'https://i.example', registration: {initial_access_token: {env: T}}") == [
                "upstreams[0].registration.initial_access_token: environment variable T is not set"
            ]
        )
    }
}
