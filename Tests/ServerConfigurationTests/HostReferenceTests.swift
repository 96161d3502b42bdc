import OAuthProtocol
import SocketHTTP
import Testing

@testable import ServerConfiguration

@Suite("A host finds every secret and file that a configuration names")
struct HostReferenceTests {
    /// A configuration in which every secret is set, and every file.
    private static var complete: Configuration {
        var configuration = Configuration.keys.blank
        let secret = SecretReference.environment("S")
        configuration.listen = [
            .init(address: SocketAddress(ip: .loopback, port: 0)),
            .init(
                address: SocketAddress(ip: .loopback, port: 0),
                tls: .init(certificateFile: "/cert.pem", privateKeyFile: "/key.pem")
            ),
        ]
        configuration.management.adminToken = secret
        configuration.storage.encryptionKey = secret
        configuration.storage.postgresql = .init(url: "postgresql:///gatehouse")
        configuration.storage.postgresql?.password = secret
        var header = Configuration.Header()
        header.value = secret
        configuration.tracing.otlp.headers = [header]
        configuration.signing.keyFiles = ["/a.pem", "/b.pem"]
        configuration.registration.initialAccessToken = secret
        configuration.forwardAuth.secret = secret
        configuration.outbound.caFile = "/ca.pem"
        configuration.outbound.proxyCredentials = secret
        var upstream = Configuration.Upstream(name: "n", clientID: nil)
        upstream.clientSecret = secret
        upstream.privateKey = secret
        upstream.globalRevocationToken = secret
        upstream.registration = .init()
        upstream.registration?.initialAccessToken = secret
        configuration.upstreams = [.init(name: "m", clientID: "c"), upstream]
        var resource = Configuration.Resource(uri: "https://m.example", scopes: .empty)
        resource.clientSecret = secret
        configuration.resources = [resource]
        var client = Configuration.Client(clientID: "c")
        client.clientSecret = secret
        configuration.clients = [client]
        return configuration
    }

    @Test("every declared secret, by its path and with what it must be")
    func secrets() {
        var configuration = Self.complete
        var contents: [String: SecretContent] = [:]
        configuration.replaceSecrets { path, reference, content in
            #expect(reference == .environment("S"))
            contents[path.replacing(/\[\d+\]/, with: "[]")] = content
            return .value(SecretValue("resolved"))
        }
        let declared = ConfigurationKey.all.map(\.path).filter { $0.hasSuffix(".env") }.map { String($0.dropLast(4)) }
        #expect(Set(contents.keys) == Set(declared))
        // What callers present to us, as opposed to what providers issued to us.
        let credentials = [
            "management.admin_token", "forward_auth.secret", "registration.initial_access_token",
            "clients[].client_secret", "resources[].client_secret",
        ]
        #expect(contents.filter { $0.value == .storageKey }.map(\.key) == ["storage.encryption_key"])
        #expect(Set(contents.filter { $0.value == .credential }.keys) == Set(credentials))
        #expect(
            contents.filter { $0.value == .longCredential }.map(\.key) == ["upstreams[].global_revocation_token"]
        )
        var left = 0
        configuration.replaceSecrets { _, reference, _ in
            left += reference.value == nil ? 1 : 0
            return reference
        }
        #expect(left == 0)
    }

    @Test("and no secret where none is configured")
    func noSecrets() {
        var configuration = Configuration.keys.blank
        configuration.replaceSecrets { path, reference, _ in
            Issue.record("a secret at \(path)")
            return reference
        }
        #expect(configuration.files.isEmpty)
    }

    @Test("every declared file, by its path and with what it must hold")
    func files() {
        #expect(
            Self.complete.files == [
                .init(key: "listen[1].tls.certificate_file", path: "/cert.pem", content: .tlsIdentity),
                .init(key: "listen[1].tls.private_key_file", path: "/key.pem", content: .tlsIdentity),
                .init(key: "signing.key_files[0]", path: "/a.pem", content: .signingKey),
                .init(key: "signing.key_files[1]", path: "/b.pem", content: .signingKey),
                .init(key: "outbound.ca_file", path: "/ca.pem", content: .certificates),
            ]
        )
    }
}
